package main

import "github.com/redis/go-redis/v9"

func connect(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:     addr,
		PoolSize: 200,
	})
}
