package main

import (
	"time"

	"github.com/go-redis/redis/v8"
)

func literal() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 40, IdleTimeout: 2 * time.Minute, MaxConnAge: time.Hour})
}

func defaults() *redis.Client { return redis.NewClient(&redis.Options{}) }

func url() *redis.Client {
	opt, err := redis.ParseURL("redis://host:1/2?pool_size=12&idle_timeout=30s&max_retries=4")
	if err != nil {
		panic(err)
	}
	return redis.NewClient(opt)
}

func negatives() *redis.Client {
	return redis.NewClient(&redis.Options{MaxRetries: -1, ReadTimeout: -1, IdleTimeout: -1, IdleCheckFrequency: -1})
}

func sentinel() *redis.Client {
	return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"s:1"}, PoolSize: 5})
}

func cluster() *redis.ClusterClient {
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"a:1"}, MinIdleConns: 2})
}
