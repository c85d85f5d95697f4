package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	workers    = 24
	half       = workers / 2
	short      = 1500 * time.Millisecond
	first  int = iota
	second
)

const (
	_ = 1 << (3 * iota)
	kilo
)

var spare = 6

var moved = 3

func init() { moved = 11 }

var tuned redis.Options = redis.Options{PoolSize: 21}

func literal() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 1_000, MinIdleConns: 2, ReadTimeout: 5 * time.Second})
}

func constants() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: workers + half, MinIdleConns: spare, MaxIdleConns: second, MaxRetries: first, DialTimeout: short})
}

func shifted() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: kilo * 4})
}

func changedVariable() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: moved})
}

func converted() *redis.Client {
	return redis.NewClient(&redis.Options{
		PoolSize:        int(math.Ceil(12.2)),
		MinIdleConns:    int(time.Minute / time.Second),
		ReadTimeout:     time.Duration(3) * time.Second,
		WriteTimeout:    time.Duration(time.Second * 4),
		ConnMaxIdleTime: time.Duration(int(time.Second) * half),
		ConnMaxLifetime: time.Duration(2.5 * float64(time.Hour)),
	})
}

func processors() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 3 * runtime.NumCPU(), MinIdleConns: min(half, 5), MaxIdleConns: max(4, spare, 9)})
}

func zeroes() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 0, MaxRetries: 0, ReadTimeout: 0, PoolTimeout: 0, ConnMaxIdleTime: 0})
}

func negatives() *redis.Client {
	return redis.NewClient(&redis.Options{MaxRetries: -1, ReadTimeout: -1, WriteTimeout: -2, ConnMaxIdleTime: -1, MinRetryBackoff: -1})
}

func readOff() *redis.Client {
	return redis.NewClient(&redis.Options{ReadTimeout: -1})
}

func longRead() *redis.Client {
	return redis.NewClient(&redis.Options{ReadTimeout: 9 * time.Second})
}

func strings() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: "a" + ":" + "7000", Username: "u", ClientName: fmt.Sprintf("app-%d", 3), DB: 2})
}

func variable() *redis.Client {
	opt := &redis.Options{PoolSize: 5, MinIdleConns: 1}
	opt.PoolSize = 6
	opt.PoolSize, opt.MinIdleConns = 8, 3
	return redis.NewClient(opt)
}

func byValue() *redis.Client {
	var opt redis.Options
	opt.PoolSize = 13
	other := opt
	other.PoolSize = 99
	return redis.NewClient(&opt)
}

func made() *redis.Client {
	opt := new(redis.Options)
	opt.MaxActiveConns = 40
	(*opt).PoolSize = 31
	return redis.NewClient(opt)
}

func packageValue() *redis.Client {
	opt := tuned
	opt.MinIdleConns = 4
	return redis.NewClient(&opt)
}

func ported(size int) *redis.Options { return &redis.Options{Addr: "x:1", PoolSize: size} }

func factory() *redis.Client { return redis.NewClient(ported(17)) }

func closure() *redis.Client {
	build := func(n int) *redis.Options { return &redis.Options{PoolSize: n} }
	return redis.NewClient(build(19))
}

type maker struct{}

func (maker) options() *redis.Options { return &redis.Options{PoolSize: 23} }

func method() *redis.Client { return redis.NewClient(maker{}.options()) }

func url() *redis.Client {
	opt, err := redis.ParseURL("redis://u:p@host:7777/4?pool_size=33&min_idle_conns=2&read_timeout=7&write_timeout=-1&conn_max_idle_time=90s&max_retries=-1")
	if err != nil {
		panic(err)
	}
	opt.MinIdleConns = 6
	return redis.NewClient(opt)
}

func environment() *redis.Client {
	size, _ := strconv.Atoi(os.Getenv("ORACLE_SIZE"))
	return redis.NewClient(&redis.Options{PoolSize: size, MinIdleConns: 1})
}

func cluster() *redis.ClusterClient {
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"a:1", "b:2"}, PoolSize: 9, ReadTimeout: 2 * time.Second})
}

func sentinel() *redis.Client {
	return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"s:1"}, PoolSize: 14, MaxRetries: 5})
}

func ring() *redis.Ring {
	return redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": "a:1"}, PoolSize: 7, MinIdleConns: 2})
}

func universalOne() redis.UniversalClient {
	return redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"a:1"}, PoolSize: 27})
}

func universalMany() redis.UniversalClient {
	return redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{"a:1", "b:1"}, PoolSize: 28, MaxRetries: 2})
}
