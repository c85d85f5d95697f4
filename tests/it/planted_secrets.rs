//! A password planted in every kind of place that a file has, and every output asked whether it shows
//! it: all formats, `effective`, `upgrade`, the baseline, patches, the page and errors.
//!
//! Each place is a small tree of its own, with findings before and behind the line, so that excerpts
//! show it. A new kind of place is one more line in the tables below.

use rayon::prelude::*;
use redvet::report::{self, Color, RenderRequest, TextLayout};
use redvet::suppress::baseline::Baseline;

use crate::support::assert_no_faults;
use crate::support::harness::{Harness, Sample};

/// Says nothing of itself: no word in it is one of a secret, and it does not look random.
const PASSWORD: &str = "zqxwhunter";

/// The password, in what is written below.
const SIGN: char = '§';

/// Where a frame takes its line.
const LINE: char = '¶';

/// A tree with the password in one place.
struct PlantedTree {
    title: String,
    files: Vec<(String, String)>,
}

impl PlantedTree {
    fn new(title: &str, files: &[(&str, &str)]) -> Self {
        let owned = files.iter();
        let owned = owned.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self {
            title: title.replace('\n', " / "),
            files: owned.collect(),
        }
    }

    /// Its files in a folder of their own, with a password of their own. What findings quote has a
    /// number too: two that say the same are reported as one, with one excerpt.
    fn files(&self, number: usize) -> Vec<(String, String)> {
        let planted = |text: &str| {
            let text = text
                .replace(SIGN, &password(number))
                .replace("abc", &format!("abc{number}"))
                .replace("{name: redis}", &format!("{{name: redis-{number}}}"));
            let parts = text.split(ENCODED).enumerate();
            let parts = parts.map(|(at, part)| match at % 2 {
                1 => encoded(part.as_bytes()),
                _ => part.to_owned(),
            });
            parts.collect::<String>()
        };
        let files = self.files.iter();
        files
            .map(|(path, text)| (format!("{number}/{path}"), planted(text)))
            .collect()
    }
}

fn password(number: usize) -> String {
    format!("{PASSWORD}{number:03}")
}

/// A frame with each of its lines.
fn framed(kind: &str, path: &str, frame: &str, lines: &[&str]) -> Vec<PlantedTree> {
    beside(kind, path, frame, lines, &[])
}

/// The same with other files beside.
fn beside(
    kind: &str,
    path: &str,
    frame: &str,
    lines: &[&str],
    others: &[(&str, &str)],
) -> Vec<PlantedTree> {
    let tree = |line: &&str| {
        let text = frame.replace(LINE, line);
        let mut files = vec![(path, text.as_str())];
        files.extend(others);
        PlantedTree::new(&format!("{kind}: {line}"), &files)
    };
    lines.iter().map(tree).collect()
}

/// Lines of configuration text, between two others that have findings.
const CONF: &[&str] = &[
    "requirepass §",
    "masterauth \"§\"",
    "primaryauth § # note",
    "slaveauth §",
    "masteruser §",
    "masterpass §",
    "password §",
    "auth §",
    "AUTH §",
    "REQUIREPASS §",
    "requirepas §",
    "requirepassword §",
    "require-pass §",
    "requirepass x §",
    "requirepass=\"§\"",
    "requirepass=§",
    "requirepass: §",
    "requirepass\t§",
    "requirepass\u{a0}§",
    "requirep\u{430}ss §",
    "\u{feff}requirepass §",
    "requirepass \"§",
    "requirepass '§'x",
    "requirepass §\\",
    "requirepass \"x\" # §",
    "requirepass x # §",
    "requirepass {{ § }}",
    "requirepass ${PW:-§}",
    "requirepass %{§}",
    "- requirepass §",
    "--requirepass §",
    "+requirepass §",
    "requirepass,§",
    "requirepass;§",
    "requirepass | §",
    "requirepass > §",
    "requirepass -§",
    "requirepass :§",
    "requirepass $§",
    "requirepass <§",
    "requirepass @§",
    "requirepass {§",
    "requirepass *§",
    "requirepass %§",
    "requirepass &§",
    "requirepass ;§",
    "requirepass \\\"§\\\"",
    "requirepass `§`",
    "requirepass \"a§\" b§",
    "tls-key-file-pass §",
    "tls-client-key-file-pass §",
    "sentinel auth-pass mymaster §",
    "sentinel auth-pass §",
    "sentinel sentinel-pass §",
    "sentinel monitor m redis://:§@h 6379 2",
    "SENTINEL AUTH-PASS m \"§\"",
    "rename-command CONFIG §",
    "rename-command CONFIG \"§\"",
    "rename-command FLUSHALL §",
    "loadmodule /x.so password §",
    "loadmodule /x.so PASSWORD=§",
    "loadmodule /x.so --token § --x",
    "loadmodule /x.so oss-global-password §",
    "config set requirepass §",
    "CONFIG SET masterauth \"§\"",
    "aclfile \"§\"",
    "aclfile §",
    "aclfile /etc/redis/users.acl §",
    "user §",
    "user app on >§ ~* +@all",
    "user app on #§ ~* +@all",
    "user app on <§ ~* +@all",
    "user app on !§ ~* +@all",
    "user app on >§\" ~*",
    "user \"app\" \"on\" \">§\"",
    "user app on \">§ with space\"",
    "user a on nopass >§",
    "user a on ~* >x >§",
    "USER app on >§ ~*",
    "user app on \\>§",
    "user app on >§,~*",
    "acl setuser app on >§",
    "ACL SETUSER app >§",
    "AUTH app §",
    "auth default §",
    "hello 3 auth app §",
    "replicaof redis://:§@h 6379",
    "replicaof :§@h 6379",
    "include redis://:§@h",
    "port 6379 # password §",
    "port 6379 # pw: §",
    "# requirepass §",
    "#requirepass §",
    "## requirepass §",
    "# user app on >§ ~*",
    "# password is §",
    "# the old one (pass §)",
    "# pw=§",
    "# AUTH §",
    "# redis-cli -a §",
    "# redis://:§@host:6379",
    "# sentinel auth-pass mymaster §",
    "# rename-command CONFIG §",
    "export REDIS_PASSWORD=§",
    "REDIS_PASSWORD=§",
    "REDISCLI_AUTH=§",
    "set requirepass=§",
    "passphrase §",
    "pw §",
    "pwd §",
    "secret §",
    "api-key §",
    "private-key §",
    "access_key §",
    "credentials user:§",
    "tls-key-file -----BEGIN-§",
];

const CONF_FRAME: &str = "maxmemory 1gb\nhz 10 # x\n¶\nhz 10 # y\nport 6379\n";

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: 'hz abc'\n  ¶\n  redis2.conf: 'hz abc'\n";

/// Entries of a YAML mapping: data of a ConfigMap or Secret, variables, values of a chart.
const ENTRIES: &[&str] = &[
    "password: §",
    "redis-password: §",
    "REDIS_PASSWORD: §",
    "REDIS_PASSWORD: '§'",
    "\"REDIS_PASSWORD\": \"§\"",
    "REDIS_URL: redis://:§@h:6379",
    "url: \"redis://u:§@h\"",
    "url: redis://u:§@h1:1,u:§@h2:2/0",
    "dsn: redis://h:6379?password=§",
    "dsn: redis://h:6379/0?db=1&auth_pass=§&x=1",
    "addr: u:§@h:6379",
    "token: §",
    "passwd: §",
    "passphrase: §",
    "auth: §",
    "AUTH_TOKEN: §",
    "secret: §",
    "client_secret: §",
    "pass: §",
    "PW: §",
    "pw: §",
    "REDIS_PW: §",
    "requirepass: §",
    "x: --requirepass §",
    "x: \"requirepass §\"",
    "x: \"--requirepass=§ --hz 5\"",
    "x: \"port 1\\nrequirepass §\\nhz 5\"",
    "x: \"user app on >§ ~*\"",
    "connectionString: \"h:6379,password=§,ssl=True\"",
    "jdbc: \"x?password=§\"",
    "json: '{\"password\": \"§\"}'",
    "json: \"{\\\"password\\\": \\\"§\\\"}\"",
    "toml: 'password = \"§\"'",
    "ini: 'requirepass = §'",
    "xml: '<password>§</password>'",
    "header: \"Authorization: Bearer §\"",
    "header: \"Authorization: Basic §\"",
    "# password: §",
    "# REDIS_PASSWORD: §",
    "redis.url: rediss://default:§@h:6380/0",
    "accessKey: §",
    "secretKey: §",
    "api_key: §",
    "apiKey: §",
    "privateKey: §",
    "encryption_key: §",
    "credentials: {user: a, value: §}",
    "password: !!str §",
    "password: &p §",
    "password: \"a\\x41§\"",
    "password: |\n    §",
    "password: >-\n    §",
    "password:\n    §",
    "password:\n    value: §",
    "passwords:\n    - §",
    "passwords: [a, §]",
    "auth: {user: app, pass: §}",
    "? password\n  : §",
    "cmd: redis-cli -a § ping",
    "cmd: redis-cli --pass § ping",
    "cmd: redis-cli -u redis://:§@h ping",
    "cmd: valkey-cli -h h -a§ ping",
    "cmd: \"echo 'requirepass §' >> /redis.conf\"",
    "cmd: \"sed -i 's/requirepass.*/requirepass §/' /redis.conf\"",
    "cmd: redis-cli CONFIG SET requirepass §",
    "cmd: redis-cli AUTH §",
    "cmd: redis-cli auth app §",
    "cmd: sshpass -p § ssh h",
    "cmd: mysql -p§ -u root",
    "cmd: curl -u u:§ http://h",
    "cmd: \"curl -H 'X-Auth-Token: §' http://h\"",
    "cmd: helm install r redis --set auth.password=§",
    "cmd: docker run -e REDIS_PASSWORD=§ redis",
    "cmd: export PASSWORD=§; redis-server",
    "cmd: \"PASS='§' redis-server --requirepass $PASS\"",
];

const STATEFUL_SET: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: redis}\nspec:\n  template:\n    spec:\n      containers:\n        - name: redis\n          image: redis:7.2.6\n          ¶\n";

/// Arguments, commands, variables and probes of a container.
const CONTAINER: &[&str] = &[
    "args: [\"--requirepass\", \"§\", \"--hz\", \"abc\"]",
    "args: [\"--requirepass=§\", \"--hz\", \"abc\"]",
    "args: [\"--requirepas\", \"§\", \"--hz\", \"abc\"]",
    "args: [\"--masterauth §\", \"--hz\", \"abc\"]",
    "args: [\"--hz\", \"abc\", \"--bogus\", \"§\", \"--requirepass\", \"§\"]",
    "args: [\"--hz\", \"abc\", \"--user\", \"app on >§ ~* +@all\"]",
    "args: [\"--hz\", \"abc\", \"--rename-command\", \"CONFIG\", \"§\"]",
    "args:\n          - --hz\n          - abc\n          - --requirepass\n          - §",
    "args:\n          - --hz\n          - abc\n          - --requirepass\n          # the old one\n          - §",
    "args:\n          - --hz\n          - abc\n          - --masterauth\n          - \"§\"\n          - --hz\n          - abc",
    "command: [sh, -c, \"redis-server --requirepass § --hz abc\"]",
    "command: [sh, -c, \"redis-server --requirepass '§' --hz abc\"]",
    "command: [sh, -c, \"echo requirepass § > /c; redis-server /c --hz abc\"]",
    "command: [sh, -c, \"printf 'requirepass §\\nhz abc\\n' > /c; redis-server /c\"]",
    "command: [sh, -c, \"PW=§; redis-server --requirepass $PW --hz abc\"]",
    "command: [sh, -c, \"REDIS_PASSWORD=§ redis-server --requirepass $REDIS_PASSWORD --hz abc\"]",
    "command: [sh, -c, \"redis-cli -a § ping; redis-server --hz abc\"]",
    "command: [sh, -c, \"redis-server --hz abc & redis-cli -u redis://:§@h ping\"]",
    "command: [sh, -c, \"redis-server --hz abc --user app on '>§' ~* +@all\"]",
    "command: [sh, -c, \"redis-server --hz abc --loglevel notice --requirepass \\\"§\\\"\"]",
    "command: [sh, -c, \"cat <<EOF > /c\\nrequirepass §\\nEOF\\nredis-server /c --hz abc\"]",
    "command:\n          - sh\n          - -c\n          - |\n            cat > /c <<EOF\n            hz abc\n            requirepass §\n            EOF\n            redis-server /c",
    "args: [\"--hz\", \"abc\"]\n          env: [{name: REDIS_PASSWORD, value: §}]",
    "args: [\"--hz\", \"abc\"]\n          env:\n          - name: REDIS_PASSWORD\n            value: §",
    "args: [\"--hz\", \"abc\"]\n          env:\n          - value: §\n            name: REDIS_PASSWORD",
    "args: [\"--hz\", \"abc\"]\n          env: [{name: REDIS_URL, value: \"redis://:§@h\"}]",
    "args: [\"--hz\", \"abc\"]\n          env: [{name: PGPASS, value: §}]",
    "args: [\"--hz\", \"abc\"]\n          env: [{value: §, name: REDIS_PASSWORD}]",
    "args: [\"--hz\", \"abc\"]\n          env: [{name: ARGS, value: \"--requirepass §\"}]",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [redis-cli, -a, §, ping]}}",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [redis-cli, \"-a§\", ping]}}",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [redis-cli, --pass, §, ping]}}",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [sh, -c, \"redis-cli -a § ping\"]}}",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [sh, -c, \"redis-cli --no-auth-warning -a '§' ping\"]}}",
    "args: [\"--hz\", \"abc\"]\n          livenessProbe: {exec: {command: [sh, -c, \"REDISCLI_AUTH=§ redis-cli ping\"]}}",
    "args: [\"--hz\", \"abc\"]\n          lifecycle: {preStop: {exec: {command: [redis-cli, -a, §, shutdown]}}}",
    "args: [\"--hz\", \"abc\"]\n          lifecycle:\n            preStop:\n              exec:\n                command:\n                - redis-cli\n                - -a\n                - §\n                - shutdown",
    "args: [\"--hz\", \"abc\"] # password §",
    "args:\n          - --hz\n          - abc\n          - --requirepass\n          # §",
    "args: [\"--hz\", \"abc\"]\n          lifecycle: {preStop: {exec: {command: [redis-cli, AUTH, §]}}}",
    "livenessProbe:\n            exec:\n              command:\n              - redis-cli\n              - AUTH\n              - §\n          args: [\"--hz\", \"abc\"]",
    "livenessProbe:\n            exec:\n              command:\n              - redis-cli\n              - AUTH\n              - default\n              - §\n          args: [\"--hz\", \"abc\"]",
    "livenessProbe:\n            exec:\n              command:\n              - redis-cli\n              - config\n              - set\n              - requirepass\n              - \"§\"\n          args: [\"--hz\", \"abc\"]",
    "PASS: \"a\\\n            §\"\n          args: [\"--hz\", \"abc\"]",
    "secretRef: {name: x, value: \"a\n            §\"}\n          args: [\"--hz\", \"abc\"]",
    "tlsKey: |\n            -----BEGIN PRIVATE KEY-----\n            §\n            -----END PRIVATE KEY-----\n          args: [\"--hz\", \"abc\"]",
    "securityKey: §\n          args: [\"--hz\", \"abc\"]",
    "x: \"Bearer §\"\n          args: [\"--hz\", \"abc\"]",
    "x: \"echo § | docker login --password-stdin\"\n          args: [\"--hz\", \"abc\"]",
    "x: \"redis-benchmark -a § -n 1\"\n          args: [\"--hz\", \"abc\"]",
    "# password:\n          # §\n          args: [\"--hz\", \"abc\"]",
    "args: [\"--hz\", \"abc\"]\n          # requirepass §",
];

/// A service of a compose file, behind its image.
const SERVICE: &[&str] = &[
    "command: redis-server --requirepass § --hz abc",
    "command: redis-server --hz abc\n    environment: [REDIS_PASSWORD=§]",
    "command: redis-server --hz abc\n    environment: [\"REDIS_URL=redis://:§@h\"]",
    "command: redis-server --hz abc\n    environment: {PASSWORD: §}",
    "command: redis-server --hz abc\n    environment:\n      - REDIS_PASSWORD=§",
    "command: redis-server --hz abc\n    environment: {MYSQL_PWD: §}",
    "command: redis-server --hz abc\n    healthcheck: {test: \"redis-cli -a § ping\"}",
    "command: redis-server --hz abc\n    healthcheck: {test: [\"CMD\", \"redis-cli\", \"-a\", \"§\", \"ping\"]}",
    "command: redis-server --hz abc\n    healthcheck: {test: [\"CMD\", \"redis-cli\", \"-a§\", \"ping\"]}",
    "command: redis-server --hz abc\n    healthcheck: {test: [\"CMD\", \"redis-cli\", \"--pass\", \"§\", \"ping\"]}",
    "command: redis-server --hz abc\n    healthcheck: {test: [\"CMD-SHELL\", \"redis-cli -a '§' ping | grep PONG\"]}",
    "command: redis-server --hz abc\n    healthcheck:\n      test:\n        - CMD\n        - redis-cli\n        - -a\n        - §\n        - ping",
    "command: redis-server --hz abc\n    labels: {x: \"redis://:§@h\"}",
    "command: redis-server --hz abc\n    labels: [\"auth.basic=u:§\"]",
    "command: redis-server --hz abc\n    x: [{name: REDIS_PASSWORD, value: §}]",
    "command: redis-server --hz abc\n    x: \"h:6379,password=§,ssl=True\"",
    "command: redis-server --hz abc\n    # password: §",
    "command: >-\n      redis-server\n      --requirepass §\n      --hz abc",
    "command:\n      - redis-server\n      - --hz\n      - abc\n      - --requirepass\n      - §",
    "command: [\"redis-server\", \"--requirepass §\", \"--hz abc\"]",
    "command: redis-server --hz abc --requirepass ${PW:-§}",
    "command: redis-server --hz abc --requirepass ${REDIS_PASSWORD:?§}",
    "command: redis-server --hz abc --rename-command CONFIG §",
    "entrypoint: [\"sh\",\"-c\",\"redis-server --requirepass § --hz abc\"]",
    "command: redis-server --hz abc\n    configs: [{source: c, target: /c}]\nconfigs: {c: {content: \"requirepass §\"}}",
    "command: redis-server --save 20 1 --loglevel warning --requirepass §\n    deploy: {resources: {limits: {memory: 1Gi}}}",
    "command: redis-server --hz abc --requirepass §\n    build: {context: ., args: {REDIS_PASSWORD: §}}",
];

const DOCKERFILE: &[&str] = &[
    "ENV REDIS_PASSWORD=§",
    "ENV REDIS_PASSWORD §",
    "ENV A=1 REDIS_PASSWORD=§ B=2",
    "ENV REDIS_PASSWORD=\"§\"",
    "ENV A=1 \\\n    REDIS_PASSWORD=§",
    "ARG REDIS_PASSWORD=§",
    "ENV REDIS_URL=redis://:§@h",
    "RUN echo \"requirepass §\" >> /redis.conf",
    "RUN sed -i 's/# requirepass foobared/requirepass §/' /redis.conf",
    "RUN curl -u u:§ http://h",
    "HEALTHCHECK CMD redis-cli -a § ping",
    "HEALTHCHECK CMD [\"redis-cli\", \"-a\", \"§\", \"ping\"]",
    "LABEL x=redis://:§@h",
    "LABEL password=§",
    "# requirepass §",
];

const UNIT: &[&str] = &[
    "Environment=REDIS_PASSWORD=§",
    "Environment=\"REDIS_PASSWORD=§\"",
    "Environment=A=1 REDIS_PASSWORD=§",
    "Environment=REDIS_URL=redis://:§@h",
    "ExecStop=/usr/bin/redis-cli -a § shutdown",
    "ExecStartPost=/bin/sh -c \"redis-cli -a § ping\"",
    "ExecStartPost=/bin/sh -c \"REDISCLI_AUTH=§ redis-cli ping\"",
    "SetCredential=redis:§",
    "# requirepass §",
    "; requirepass §",
];

const SCRIPT: &[&str] = &[
    "REDIS_PASSWORD=§",
    "export REDIS_PASSWORD=§",
    "PASS='§'",
    "redis-cli -a § ping",
    "redis-cli -u redis://:§@h ping",
    "docker run -e REDIS_PASSWORD=§ redis:7.2.6 redis-server --hz abc",
    "docker run redis:7.2.6 redis-server --requirepass § --hz abc",
    "docker run redis:7.2.6 redis-server --hz abc --rename-command CONFIG §",
    "docker run redis:7.2.6 redis-server --hz abc --rename-command CONFIG \\\n  §",
    "echo \"requirepass §\" >> redis.conf",
    "echo 'user app on >§ ~*' >> users.acl",
    "# requirepass §",
    "curl -u u:§ http://x",
    "redis-cli config set requirepass §",
    "redis-cli <<< 'AUTH §'",
    "echo AUTH § | redis-cli",
    "kubectl create secret generic r --from-literal=password=§",
    "helm upgrade r bitnami/redis --set auth.password=§",
];

const GO_FRAME: &str = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{Addr: \"h:6379\", PoolSize: -1})\n¶\nvar z = redis.NewClient(&redis.Options{Addr: \"h:6379\", PoolSize: -1})\n";

const GO: &[&str] = &[
    "const pw = \"§\"",
    "const password = \"§\"",
    "var redisPassword = \"§\"",
    "const (\n\tpassword = \"§\"\n)",
    "var password string = \"§\"",
    "// password §",
    "// the password is §",
    "var x = \"redis://:§@h:6379\"",
    "var b = redis.NewClient(&redis.Options{Addr: \"h:6379\", Password: \"§\", PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{\n\tPassword: \"§\",\n\tPoolSize: -1,\n})",
    "var b = redis.NewClient(&redis.Options{Addr: \"u:§@h:6379\", PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: \"a\" + \"§\", PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: \"a\" +\n\t\"§\", PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: fmt.Sprintf(\"%s\", \"§\"), PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: getenv(\"PW\", \"§\"), PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: string([]byte(\"§\")), PoolSize: -1})",
    "var b = redis.NewClient(&redis.Options{Password: `§`, PoolSize: -1})",
    "var c, _ = redis.ParseURL(\"redis://u:§@h:6379/0?pool_size=abc\")",
    "var c, _ = redis.ParseURL(\"redis://u:\" + \"§\" + \"@h:6379/0?pool_size=abc\")",
    "var c, _ = redis.ParseURL(fmt.Sprintf(\"redis://u:%s@h:6379/0\", \"§\"))",
    "var c, _ = redis.ParseURL(\"http://u:§@h:6379/0\")",
    "var c, _ = redis.ParseURL(\"redis://u:§@h:6379/0/%zz\")",
    "var c, _ = redis.ParseURL(\"u:§@h:6379\")",
    "var c, _ = redis.ParseURL(\"redis://u:§@h:port\")",
    "var b = redis.NewClient(&redis.Options{PoolSize: -1, CredentialsProvider: func() (string, string) { return \"u\", \"§\" }})",
    "var b = redis.NewFailoverClient(&redis.FailoverOptions{SentinelPassword: \"§\", PoolSize: -1})",
    "var b = redis.NewClusterClient(&redis.ClusterOptions{Password: \"§\", PoolSize: -1})",
    "var b = redis.NewUniversalClient(&redis.UniversalOptions{Password: \"§\", PoolSize: -1})",
    "var b = redis.NewRing(&redis.RingOptions{Password: \"§\", PoolSize: -1})",
    "var e = x.Do(nil, \"AUTH\", \"§\")",
    "var e = x.ConfigSet(nil, \"requirepass\", \"§\")",
    "var y = map[string]string{\"password\": \"§\"}",
    "var y = os.Setenv(\"REDIS_PASSWORD\", \"§\")",
    "var y = flag.String(\"password\", \"§\", \"of the server\")",
    "var y = viper.SetDefault(\"redis.password\", \"§\")",
    "type c struct {\n\tPassword string `default:\"§\"`\n}",
    "type c struct {\n\tPassword string `env:\"PW\" envDefault:\"§\"`\n}",
];

const GO_STATEMENTS: &[&str] = &[
    "x.Do(nil, \"AUTH\", \"§\")",
    "x.ConfigSet(nil, \"requirepass\", \"§\")",
    "x.Auth(nil, \"§\")",
    "o.Password = \"§\"",
    "pw := \"§\"; o.Password = pw",
    "if password == \"§\" { return }",
    "check(password, \"§\")",
];

const GO_BODY: &str = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() {\n\to := &redis.Options{}\n\to.PoolSize = -1\n\t¶\n\tx := redis.NewClient(o)\n\t¶\n}\n";

const GO_MODULE: &[(&str, &str)] = &[(
    "go.mod",
    "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n",
)];

const RUST_FRAME: &str = "use bb8_redis::{bb8, RedisConnectionManager};\n#[tokio::main]\nasync fn main() {\n    let m0 = RedisConnectionManager::new(\"redis://h:6379/\").unwrap(); let p0 = bb8::Pool::builder().max_size(0).build(m0).await.unwrap();\n    ¶\n    let m1 = RedisConnectionManager::new(\"redis://h:6379/\").unwrap(); let p1 = bb8::Pool::builder().max_size(0).build(m1).await.unwrap();\n}\n";

const RUST: &[&str] = &[
    "let u = \"redis://:§@h:6379/\";",
    "// password §",
    "let c = redis::Client::open(\"redis://:§@h:6379/\").unwrap();",
    "let c = redis::Client::open(format!(\"redis://:{}@h\", \"§\")).unwrap();",
    "let c = redis::Client::open(concat!(\"redis://:\", \"§\", \"@h\")).unwrap();",
    "let c = redis::Client::open(String::from(\"redis://:§@h\")).unwrap();",
    "let c = redis::Client::open(r\"redis://:§@h\").unwrap();",
    "let c = redis::Client::open(r#\"redis://:§@h\"#).unwrap();",
    "let c = redis::Client::open(std::env::var(\"U\").unwrap_or(\"redis://:§@h\".into())).unwrap();",
    "let c = redis::Client::open(\"http://:§@h\").unwrap();",
    "let i = redis::ConnectionInfo { addr: redis::ConnectionAddr::Tcp(\"h\".into(), 6379), redis: redis::RedisConnectionInfo { password: Some(\"§\".to_string()), ..Default::default() } }; let c = redis::Client::open(i).unwrap();",
    "let cfg = deadpool_redis::Config::from_url(\"redis://u:§@h\"); let pool = cfg.create_pool(None).unwrap();",
    "let f = fred::types::RedisConfig::from_url(\"redis://u:§@h\").unwrap(); let cl = fred::prelude::Builder::from_config(f).build().unwrap();",
    "let m = RedisConnectionManager::new(\"redis://:§@h:6379/\").unwrap(); let p = bb8::Pool::builder().max_size(0).build(m).await.unwrap();",
    "let _: () = redis::cmd(\"AUTH\").arg(\"§\").query(&mut con).unwrap();",
    "let _: () = redis::cmd(\"CONFIG\").arg(\"SET\").arg(\"requirepass\").arg(\"§\").query(&mut con).unwrap();",
    "let pw = \"§\"; let c = redis::Client::open(format!(\"redis://:{pw}@h\")).unwrap();",
    "const PASSWORD: &str = \"§\";",
    "let password: String = \"§\".into();",
    "let password = std::env::var(\"PW\").unwrap_or_else(|_| \"§\".to_string());",
    "std::env::set_var(\"REDIS_PASSWORD\", \"§\");",
    "#[arg(long, env = \"REDIS_PASSWORD\", default_value = \"§\")]\n    struct A;",
    "let map = HashMap::from([(\"password\", \"§\")]);",
];

const CRATE: &[(&str, &str)] = &[(
    "Cargo.toml",
    "[package]\nname = \"w\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nredis = \"0.27\"\nbb8 = \"0.8\"\nbb8-redis = \"0.17\"\ndeadpool-redis = \"0.18\"\nfred = \"9\"\ntokio = { version = \"1\", features = [\"full\"] }\n",
)];

const TERRAFORM_MAP: &str = "resource \"kubernetes_config_map\" \"c\" {\n  metadata { name = \"c\" }\n  data = {\n    \"redis.conf\" = \"hz abc\"\n    ¶\n    \"r2.conf\" = \"hz abc\"\n  }\n}\n";

const TERRAFORM: &[&str] = &[
    "\"password\" = \"§\"",
    "password = \"§\"",
    "\"redis2.conf\" = \"requirepass §\\nhz abc\"",
    "\"url\" = \"redis://:§@h\"",
    "\"x\" = \"redis-cli -a § ping\"",
    "# password §",
    "// password §",
    "/* password § */",
    "\"password\" = var.x == \"\" ? \"§\" : var.x",
    "\"password\" = coalesce(var.x, \"§\")",
    "\"x\" = jsonencode({ auth_token = \"§\" })",
];

const HELM_RELEASE: &str = "resource \"helm_release\" \"r\" {\n  name = \"r\"\n  chart = \"redis\"\n  repository = \"https://charts.bitnami.com/bitnami\"\n  ¶\n}\n";

const RELEASE: &[&str] = &[
    "values = [\"auth:\\n  password: §\\nmaster:\\n  configuration: hz abc\\n\"]",
    "set {\n    name = \"auth.password\"\n    value = \"§\"\n  }\n  set {\n    name = \"master.configuration\"\n    value = \"hz abc\"\n  }",
    "set {\n    value = \"§\"\n    name = \"auth.password\"\n  }\n  set {\n    name = \"master.configuration\"\n    value = \"hz abc\"\n  }",
    "set_sensitive {\n    name = \"auth.password\"\n    value = \"§\"\n  }\n  set {\n    name = \"master.configuration\"\n    value = \"hz abc\"\n  }",
    "values = [yamlencode({ auth = { password = \"§\" }, master = { configuration = \"hz abc\" } })]",
    "values = [<<EOT\nauth:\n  password: §\nmaster:\n  configuration: hz abc\nEOT\n  ]",
];

/// Languages of fences with their texts.
const FENCES: &[&str] = &[
    "conf redis.conf\nhz abc\nrequirepass §\nport 6379",
    "conf redis.conf\nhz abc\n# requirepass §\nport 6379",
    "sh\nredis-server --hz abc --requirepass §",
    "sh\nredis-cli -a § ping\nredis-server --hz abc",
    "yaml\nservices:\n  r:\n    image: redis:7.2.6\n    command: redis-server --hz abc --requirepass §",
    "yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: |\n    hz abc\n    requirepass §",
    "yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: 'hz abc'\n  password: §",
    "go\nimport \"github.com/redis/go-redis/v9\"\nc := redis.NewClient(&redis.Options{PoolSize: -1, Password: \"§\"})",
    "rust\nuse redis::Client;\nfn main() { let c = Client::open(\"redis://:§@h\").unwrap(); }",
];

/// Whole trees that no frame is for.
fn others() -> Vec<PlantedTree> {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: redis}\ndata:\n  redis.conf: ¤hz abc¤\n  password: ¤§¤\n";
    let whole = "apiVersion: v1\nkind: Secret\nmetadata: {name: redis}\ndata:\n  redis.conf: ¤hz abc\nrequirepass §\n¤\n";
    let files: &[(&str, &[(&str, &str)])] = &[
        ("base64 of a Secret", &[("a.yaml", secret)]),
        ("base64 of a text", &[("a.yaml", whole)]),
        (
            "command of an image",
            &[(
                "Dockerfile",
                "FROM redis:7.2.6\nCMD [\"redis-server\",\"--requirepass\",\"§\",\"--hz\",\"abc\"]\n",
            )],
        ),
        (
            "shell command of an image",
            &[(
                "Dockerfile",
                "FROM redis:7.2.6\nCMD redis-server --requirepass § --hz abc\n",
            )],
        ),
        (
            "here-document of an image",
            &[(
                "Dockerfile",
                "FROM redis:7.2.6\nCOPY <<EOF /r.conf\nhz abc\nrequirepass §\nEOF\nCMD [\"redis-server\",\"/r.conf\"]\n",
            )],
        ),
        (
            "start of a unit",
            &[(
                "redis.service",
                "[Service]\nExecStart=/usr/bin/redis-server --requirepass § --hz abc\n",
            )],
        ),
        (
            "continued start of a unit",
            &[(
                "redis.service",
                "[Service]\nExecStart=/usr/bin/redis-server \\\n --hz abc \\\n --requirepass § \\\n --port 1\n",
            )],
        ),
        (
            "word on the next line of a unit",
            &[(
                "redis.service",
                "[Service]\nExecStart=/usr/bin/redis-server \\\n --hz abc \\\n --requirepass \\\n § \\\n --port 1\n",
            )],
        ),
        (
            "here-document of a script",
            &[(
                "redis.sh",
                "kubectl apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: |\n    hz abc\n    requirepass §\nEOF\n",
            )],
        ),
        (
            "variables of a role",
            &[(
                "defaults/main.yml",
                "redis_hz: abc\nredis_requirepass: §\nredis_maxmemory: 2x\nredis_password: §\n",
            )],
        ),
        (
            "task of a playbook",
            &[(
                "tasks/main.yml",
                "- name: redis\n  lineinfile:\n    path: /etc/redis/redis.conf\n    line: requirepass §\n- name: run\n  docker_container:\n    name: r\n    image: redis:7.2.6\n    command: redis-server --hz abc --requirepass §\n",
            )],
        ),
        (
            "literal of a generator",
            &[(
                "kustomization.yaml",
                "configMapGenerator:\n- name: redis-k\n  literals: [\"redis.conf=hz abc\", \"REDIS_PASSWORD=§\"]\n",
            )],
        ),
        (
            "service of a workflow",
            &[(
                ".github/workflows/ci.yml",
                "on: push\njobs:\n  a:\n    services:\n      redis:\n        image: redis:latest\n        env: {REDIS_PASSWORD: §}\n        options: --health-cmd \"redis-cli -a § ping\"\n",
            )],
        ),
        (
            "blob of a Tiltfile",
            &[(
                "Tiltfile",
                "k8s_yaml(blob(\"\"\"\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: |\n    hz abc\n    requirepass §\n\"\"\"))\n",
            )],
        ),
        (
            "YAML that breaks off",
            &[(
                "a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: |\n    requirepass §\n bad: [\n",
            )],
        ),
        (
            "YAML with an open string",
            &[(
                "a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  password: \"§\n  x: [\n",
            )],
        ),
        (
            "YAML with the error on the line",
            &[(
                "a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  password: §: [\n  redis.conf: |\n    hz abc\n",
            )],
        ),
        (
            "HCL that breaks off",
            &[(
                "main.tf",
                "# redis\nresource \"kubernetes_config_map\" \"c\" {\n password = \"§\n",
            )],
        ),
        (
            "Go that breaks off",
            &[(
                "main.go",
                "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{PoolSize: -1, Password: \"§\n",
            )],
        ),
        (
            "file of variables",
            &[
                (".env", "PW=§\nHZ=abc\n"),
                (
                    "compose.yaml",
                    "services:\n  r:\n    image: redis:7.2.6\n    command: redis-server --hz ${HZ} --requirepass ${PW}\n",
                ),
            ],
        ),
        (
            "file of variables beside",
            &[
                (".env", "REDIS_PASSWORD=§\nHZ=abc\nREDIS_URL=redis://:§@h\n"),
                (
                    "compose.yaml",
                    "services:\n  r:\n    image: redis:7.2.6\n    command: redis-server --hz ${HZ}\n",
                ),
            ],
        ),
        (
            "arguments of a file of variables",
            &[
                (".env", "ARGS=--hz abc --requirepass §\n"),
                (
                    "compose.yaml",
                    "services:\n  r:\n    image: redis:7.2.6\n    command: redis-server ${ARGS}\n",
                ),
            ],
        ),
        (
            "file of users",
            &[
                ("redis.conf", "aclfile users.acl\nhz abc\n"),
                (
                    "users.acl",
                    "user default off\nuser app on >§ ~* +@all\nuser app on >§ ~* +@al\n",
                ),
            ],
        ),
        (
            "included file",
            &[
                ("redis.conf", "include more.conf\nhz abc\n"),
                ("more.conf", "hz abc\nrequirepass §\nmaxmemory 2x\n"),
            ],
        ),
        (
            "values of a values file",
            &[
                (
                    "values.yaml",
                    "redis:\n  password: §\n  conf: |\n    hz abc\n    requirepass §\n",
                ),
                (
                    "templates/c.yaml",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\ndata:\n  redis.conf: |\n    hz abc\n    requirepass {{ .Values.redis.password }}\n",
                ),
                ("Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n"),
            ],
        ),
        (
            "password of an operator's resource",
            &[(
                "a.yaml",
                "apiVersion: databases.spotahome.com/v1\nkind: RedisFailover\nmetadata: {name: r}\nspec:\n  redis:\n    image: redis:7.2.6\n    customConfig:\n    - hz abc\n    - requirepass §\n    - rename-command CONFIG §\n",
            )],
        ),
    ];
    files
        .iter()
        .map(|(title, files)| PlantedTree::new(title, files))
        .collect()
}

fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let of = |at: usize| u32::from(*group.get(at).unwrap_or(&0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() {
                digit as char
            } else {
                '='
            });
        }
    }
    out
}

#[test]
fn lines_of_configuration_text_hide_it() {
    assert_hidden(framed("conf", "redis.conf", CONF_FRAME, CONF));
}

#[test]
fn entries_of_config_maps_hide_it() {
    assert_hidden(framed("ConfigMap", "a.yaml", CONFIG_MAP, ENTRIES));
}

#[test]
fn entries_of_secrets_hide_it() {
    let secret = CONFIG_MAP
        .replace("ConfigMap", "Secret")
        .replace("data:", "stringData:");
    // The whole object is a secret: hardly a line of it is shown.
    assert_hidden_in(framed("Secret", "a.yaml", &secret, ENTRIES));
}

#[test]
fn variables_of_compose_files_hide_it() {
    let frame = "services:\n  r:\n    image: redis:7.2.6\n    environment:\n      ¶\n    command: redis-server --hz abc\n    mem_limit: 1g\n";
    assert_hidden(framed("variables", "compose.yaml", frame, ENTRIES));
}

#[test]
fn values_of_charts_hide_it() {
    let frame = "redis:\n  commonConfiguration: 'hz abc'\n  ¶\n  architecture: standalone\n";
    let chart = [(
        "Chart.yaml",
        "apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies: [{name: redis, version: 23.1.1, repository: 'oci://registry-1.docker.io/bitnamicharts'}]\n",
    )];
    assert_hidden(beside("values", "values.yaml", frame, ENTRIES, &chart));
}

#[test]
fn containers_and_services_hide_it() {
    let service = "services:\n  r:\n    image: redis:7.2.6\n    ¶\n";
    let containers = framed("container", "a.yaml", STATEFUL_SET, CONTAINER);
    let services = framed("compose", "compose.yaml", service, SERVICE);
    assert_hidden(containers.into_iter().chain(services).collect());
}

#[test]
fn images_units_and_scripts_hide_it() {
    let dockerfile = "FROM redis:7.2.6\n¶\nCMD [\"redis-server\",\"--hz\",\"abc\"]\n";
    let unit = "[Service]\n¶\nExecStart=/usr/bin/redis-server --hz abc\n¶\n";
    let script = "#!/bin/sh\ndocker run redis:7.2.6 redis-server --hz abc\n¶\ndocker run redis:7.2.6 redis-server --hz abc\n";
    let trees = [
        framed("Dockerfile", "Dockerfile", dockerfile, DOCKERFILE),
        framed("unit", "redis.service", unit, UNIT),
        framed("script", "redis.sh", script, SCRIPT),
    ];
    assert_hidden(trees.into_iter().flatten().collect());
}

#[test]
fn client_code_hides_it() {
    let trees = [
        beside("Go", "main.go", GO_FRAME, GO, GO_MODULE),
        beside("Go statement", "main.go", GO_BODY, GO_STATEMENTS, GO_MODULE),
        beside("Rust", "src/main.rs", RUST_FRAME, RUST, CRATE),
    ];
    assert_hidden(trees.into_iter().flatten().collect());
}

#[test]
fn terraform_markdown_and_other_files_hide_it() {
    let page = "# redis.conf\n\nThe password is §\n\n```¶\n```\n\nThe password is §\n";
    let trees = [
        framed("Terraform", "main.tf", TERRAFORM_MAP, TERRAFORM),
        framed("helm_release", "main.tf", HELM_RELEASE, RELEASE),
        framed("Markdown", "README.md", page, FENCES),
        others(),
    ];
    assert_hidden(trees.into_iter().flatten().collect());
}

/// Every output about a tree, by name.
fn outputs(harness: &Harness, sample: &Sample) -> Vec<(&'static str, String)> {
    let checked = harness.check(sample);
    let view = harness.effective(sample);
    let mut outputs: Vec<(&str, String)> = report::FORMATS
        .iter()
        .map(|format| {
            let rendered = (format.render)(&RenderRequest {
                report: &checked,
                layout: TextLayout::default(),
                show_undetermined: true,
                every_place: true,
                findings_only: false,
                statistics: false,
                rules: &Vec::new,
                estate: &|| harness.effective(sample),
                page: &report::PageHeader::default,
            });
            (format.name, rendered.unwrap())
        })
        .collect();
    let upgrade = harness.upgrade(sample, ("redis:7.2", "redis:8.0"));
    outputs.extend([
        (
            "effective",
            report::effective::table(&view, Color::Never, true),
        ),
        ("effective --json", report::effective::json(&view).unwrap()),
        ("upgrade", report::upgrade::table(&upgrade, Color::Never)),
        ("upgrade --json", report::upgrade::json(&upgrade).unwrap()),
        ("baseline", Baseline::of(&checked).text().unwrap()),
    ]);
    outputs
}

/// What stands in place of the base64 of a text between two of them.
const ENCODED: char = '¤';

/// Trees that are checked together: on its own each is surer to be shown, and takes longer.
const TREES_AT_ONCE: usize = 20;

/// The same, and the lines are shown: with masks.
fn assert_hidden(trees: Vec<PlantedTree>) {
    let count = trees.len();
    let masked = assert_hidden_in(trees);
    assert!(masked > count / 2, "{masked} masks are shown");
}

/// Asks every output about every tree, and says how many masks they show.
fn assert_hidden_in(trees: Vec<PlantedTree>) -> usize {
    let select = ["conf/*", "security/*", "pool/*", "meta/*"];
    let harness = Harness {
        select: select.map(str::to_owned).into(),
        ..Harness::new()
    };
    let trees: Vec<(usize, PlantedTree)> = trees.into_iter().enumerate().collect();
    let results: Vec<(Vec<String>, usize)> = trees
        .par_chunks(TREES_AT_ONCE)
        .map(|trees| faults_of(&harness, trees))
        .collect();
    let masked = results.iter().map(|(_, masks)| masks).sum();
    let faults = results.into_iter().flat_map(|(faults, _)| faults);
    assert_no_faults("no output shows the password", faults);
    masked
}

/// The outputs that show a password of these trees, and how many masks the page shows.
fn faults_of(harness: &Harness, trees: &[(usize, PlantedTree)]) -> (Vec<String>, usize) {
    let files = trees.iter().flat_map(|(number, tree)| tree.files(*number));
    let files: Vec<(String, String)> = files.collect();
    let files = files.iter().map(|(path, text)| (&**path, &**text));
    let outputs = outputs(harness, &harness.texts(files));
    let masks = |text: &str| text.matches("***").count();
    let masked = outputs.iter().map(|(_, text)| masks(text)).max().unwrap();
    let mut faults = Vec::new();
    for (number, tree) in trees {
        let secret = password(*number);
        let base64 = encoded(secret.as_bytes());
        let shows = |line: &&str| line.contains(&secret) || line.contains(&base64);
        for (name, text) in &outputs {
            let Some(line) = text.lines().find(shows) else {
                continue;
            };
            let at = line.find(&secret).unwrap_or_default();
            let around: String = line[..at].chars().rev().take(60).collect();
            let around: String = around.chars().rev().collect();
            faults.push(format!("{}\n      {name}: {around}{secret}", tree.title));
        }
    }
    (faults, masked)
}
