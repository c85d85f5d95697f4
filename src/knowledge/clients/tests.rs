//! Proves the built-in models: that every file loads, that the quick readings agree with the full
//! one, and that rows which refer to each other do.

use super::*;
use expression::DefaultExpression;
use version::VersionRange;

fn models() -> Vec<(&'static LibraryModel, &'static ClientModel)> {
    load_built_in()
        .libraries()
        .iter()
        .map(|l| (l, l.model().unwrap()))
        .collect()
}

#[test]
fn every_file_loads() {
    let is_model = |file: &&include_dir::File<'_>| file.path().extension().unwrap() == "toml";
    let files = FOLDER.files().filter(is_model).count();
    assert!(files > 0 && load_built_in().libraries().len() == files);
    for library in load_built_in().libraries() {
        toml::from_str::<ClientModel>(library.text).unwrap();
        let own = LibraryModel::of_text(library.text).unwrap().head;
        assert_eq!(format!("{:?}", library.head), format!("{own:?}"));
        let newest = LibraryVersion::parse(&library.head.client.checked_up_to).unwrap();
        assert!(newest < library.head.client.until, "{}", library.id());
    }
}

fn option_lines(library: &LibraryModel) -> impl Iterator<Item = (&str, &str)> {
    let options = library.tables("option");
    options.filter_map(|table| Some((table.text_of("key")?, table.text_of("kind")?)))
}

#[test]
fn the_quick_reading_of_options_equals_the_full_one() {
    for (library, model) in models() {
        let quick: Vec<_> = option_lines(library).map(|(key, _)| key).collect();
        let full: Vec<_> = model.option.iter().map(|o| o.key.as_str()).collect();
        assert_eq!(quick, full, "{}", library.id());
    }
}

#[test]
fn options_have_one_kind_in_all_libraries_and_occur_once_in_each() {
    let mut kinds = BTreeMap::new();
    for (library, _) in models() {
        let mut seen = BTreeSet::new();
        for (key, kind) in option_lines(library) {
            assert!(seen.insert(key), "{key} twice in {}", library.id());
            assert_eq!(*kinds.entry(key).or_insert(kind), kind, "{key}");
        }
    }
}

#[test]
fn idents_are_the_constructors_and_the_telling_option_types() {
    for (library, model) in models() {
        if library.language() != SourceLanguage::Go {
            continue;
        }
        for ident in &library.head.client.idents {
            let known = model.constructor(ident).is_some() || model.is_option_type(ident);
            assert!(known, "{ident} of {}", library.id());
        }
        for constructor in &model.constructor {
            assert!(library.head.client.idents.contains(&constructor.call));
        }
    }
}

#[test]
fn every_name_that_a_row_refers_to_exists() {
    for (_, model) in models() {
        let types = |list: &[String]| list.iter().all(|t| model.is_option_type(t));
        let parsers = |list: &[String]| list.iter().all(|p| model.option_source(p).is_some());
        for option in &model.option {
            assert!(option.names.iter().all(|n| types(&n.on)), "{}", option.key);
            assert!(option.defaults.iter().all(|d| types(&d.on)));
            assert!(option.sentinels.iter().all(|s| types(&s.on)));
            assert!(option.url_params.iter().all(|p| parsers(&p.on)));
            for other in option.needs.iter().chain(&option.capped_by) {
                assert!(model.option(other).is_some(), "{other}");
            }
            for default in &option.defaults {
                let said = [
                    default.value.is_some(),
                    default.expr.is_some(),
                    default.open,
                ];
                let said = said.into_iter().filter(|said| *said).count();
                assert_eq!(said, 1, "{}", option.key);
                if let Some(
                    DefaultExpression::Option { key, .. } | DefaultExpression::Times { key, .. },
                ) = &default.expr
                {
                    assert!(model.option(key).is_some(), "{key}");
                }
            }
        }
        for constructor in &model.constructor {
            assert!(model.is_option_type(&constructor.option_type));
            assert!(types(&constructor.alternatives));
            for positional in &constructor.positional {
                let named = model.option_named(&constructor.option_type, &positional.ident);
                assert!(named.is_some(), "{}", positional.ident);
            }
            assert!(
                constructor
                    .ignores
                    .iter()
                    .all(|i| model.option(&i.option).is_some())
            );
        }
        for rule in model.resolution.iter().flat_map(|r| &r.rules) {
            assert!(model.is_option_type(&rule.then));
            assert!(rule.when.iter().all(|c| model.option(&c.option).is_some()));
        }
        for ty in &model.option_type {
            assert!(types(&ty.carries), "{}", ty.name);
        }
        for option in model.pool.iter().flat_map(|p| {
            [
                Some(&p.cap),
                p.reap_interval.as_ref(),
                p.check_option.as_ref(),
            ]
        }) {
            assert!(
                option.is_none_or(|key| model.option(key).is_some()),
                "{option:?}"
            );
        }
        let cutters = model.blocking.iter().map(|b| &b.cut_by);
        for key in cutters
            .chain(model.command.iter().map(|c| &c.cut_by))
            .flatten()
        {
            assert!(model.option(key).is_some(), "{key}");
        }
        for exporter in &model.stats_exporter {
            let imported = model
                .package
                .iter()
                .any(|p| p.import_path == exporter.import_path);
            assert!(imported, "{}", exporter.import_path);
        }
    }
}

/// What a type's option is in releases that have no name for it yet has to be read there too: a row
/// that reaches back so far says since when it holds, or that it is not known.
#[test]
fn rows_older_than_the_option_say_since_when_they_hold() {
    for (library, model) in models() {
        let first = library.head.client.since;
        let start = |range: VersionRange| range.since.unwrap_or(first);
        for option in &model.option {
            let defaults = option.defaults.iter();
            let defaults = defaults.filter(|row| !row.open && row.krate.is_none());
            let defaults = defaults.map(|row| (&row.on, row.range()));
            let special = option.sentinels.iter().map(|row| (&row.on, row.range()));
            for (on, range) in defaults.chain(special) {
                for option_type in on {
                    let names = option.names.iter().filter(|n| n.on.contains(option_type));
                    let named = names.map(|name| start(name.range())).min();
                    let is_older = named.is_some_and(|named| start(range) < named);
                    let place = format!("{} {} {option_type}", library.id(), option.key);
                    assert!(!is_older || range.since.is_some(), "{place}: {range:?}");
                }
            }
        }
    }
}

#[test]
fn the_two_majors_of_one_library_are_told_apart_by_their_import_path() {
    let id = |path| {
        load_built_in()
            .by_import(path)
            .map(|(l, ident)| (l.id(), ident))
    };
    assert_eq!(
        id("github.com/redis/go-redis/v9"),
        Some(("go-redis-v9", "redis"))
    );
    assert_eq!(
        id("github.com/go-redis/redis/v8"),
        Some(("go-redis-v8", "redis"))
    );
    assert_eq!(id("github.com/redis/go-redis/extra/redisotel/v9"), None);
}

#[test]
fn rows_are_chosen_by_version_and_option_type() {
    let model = load_built_in().get("go-redis-v9").unwrap().model().unwrap();
    let read = model.option("timeout.read").unwrap();
    let value = |version: &str, option_type: &str| {
        let version = LibraryVersion::parse(version).unwrap();
        let row = read.default(&model.lineage(option_type), version).unwrap();
        row.value.as_ref().unwrap().as_str().unwrap().to_owned()
    };
    assert_eq!(value("9.21.0", "Options"), "3s");
    assert_eq!(value("9.22.0", "FailoverOptions"), "5s");
    let identity = model.option("conn.disable_identity").unwrap();
    let ident = |v: &str| identity.ident(&["Options"], LibraryVersion::parse(v).unwrap());
    assert_eq!(ident("9.5.5"), Some("DisableIdentity"));
    assert_eq!(ident("9.6.0"), Some("DisableIndentity"));
    assert_eq!(ident("9.1.0"), None);
}

#[test]
fn the_vocabulary_knows_units() {
    let types = load_built_in().option_types();
    assert_eq!(types.get("conn.max_idle_time"), Some(&FactType::Duration));
    assert_eq!(types.get("buffer.read"), Some(&FactType::Size));
    assert_eq!(types.get("pool.max_size"), Some(&FactType::Int));
    assert_eq!(types.get("auth.password"), Some(&FactType::Text));
}

#[test]
fn idents_of_rust_libraries_are_the_calls_that_build_clients() {
    for library in load_built_in().of_language(SourceLanguage::Rust) {
        let model = library.model().unwrap();
        let building = model.rust.call.iter().filter(|c| c.client.is_some());
        let mut names: Vec<_> = building.map(|c| c.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let idents: Vec<_> = library.head.client.idents.iter().collect();
        assert_eq!(idents, names, "{}", library.id());
    }
}

#[test]
fn every_name_in_the_rust_tables_exists() {
    for library in load_built_in().of_language(SourceLanguage::Rust) {
        let model = library.model().unwrap();
        let forms = &model.rust;
        let is_type = |name: &str| forms.types.iter().any(|t| t.name == name);
        for call in &forms.call {
            assert!(is_type(&call.on), "{} in {}", call.on, library.id());
            let gives = call.gives.as_deref();
            assert!(gives.is_none_or(is_type), "{gives:?} in {}", library.id());
            let path = call.path();
            let built = model.constructor(&path).is_some();
            assert_eq!(call.client.is_some(), built, "{path}");
            let addressed = model.option_source(&path).is_some();
            assert_eq!(call.url_arg.is_some(), addressed, "{path}");
        }
        for constructor in &model.constructor {
            let calls = &forms.call;
            assert!(calls.iter().any(|c| c.path() == constructor.call));
        }
        for part in forms.types.iter().flat_map(|t| &t.parts) {
            assert!(is_type(&part.part), "{}", part.part);
        }
        if let Some(managed) = &forms.managed {
            let names = managed.managers.iter().chain(&managed.connections);
            assert!(names.into_iter().all(|name| is_type(name)));
        }
    }
}

/// What is known of a library without reading its model.
fn content(library: &LibraryModel) -> (String, BTreeSet<String>, BTreeSet<&'static str>, usize) {
    (
        library.id().to_owned(),
        library.stats_calls().iter().cloned().collect(),
        library.waiting_calls().into_iter().collect(),
        library.head.package.len(),
    )
}

#[test]
fn the_order_of_tables_in_a_model_says_nothing() {
    for text in load_built_in().libraries().iter().map(|l| l.text) {
        let (before, mut tables) = tables::tables(text);
        tables.reverse();
        let mut turned = before.to_owned();
        for table in tables {
            turned.push_str(table.text);
            turned.push('\n');
        }
        let (plain, turned) = (
            ClientModels::of_texts([text]),
            ClientModels::of_texts([&*turned.leak()]),
        );
        let (a, b) = (&plain.libraries()[0], &turned.libraries()[0]);
        assert_eq!(content(a), content(b));
        assert_eq!(plain.option_types(), turned.option_types());
        assert!(b.model().is_some(), "{}", b.id());
    }
}

#[test]
fn the_quick_reading_of_statistics_equals_the_full_one() {
    for library in load_built_in().libraries() {
        let model = library.model().unwrap();
        let stats: BTreeSet<String> = model.stats.iter().map(|row| row.call.clone()).collect();
        assert_eq!(library.stats_calls(), stats.into_iter().collect::<Vec<_>>());
    }
}
