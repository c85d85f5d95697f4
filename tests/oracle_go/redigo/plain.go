package main

import (
	"time"

	"github.com/gomodule/redigo/redis"
)

func dial() (redis.Conn, error) { return redis.Dial("tcp", "localhost:1") }

func literal() *redis.Pool {
	return &redis.Pool{MaxIdle: 3, MaxActive: 30, Wait: true, IdleTimeout: 240 * time.Second, Dial: dial}
}

func later() *redis.Pool {
	pool := &redis.Pool{MaxIdle: 3, Dial: dial}
	pool.MaxActive = 31
	pool.MaxConnLifetime = time.Hour
	return pool
}

func old() *redis.Pool { return redis.NewPool(dial, 7) }

type store struct{ pool *redis.Pool }

func (s *store) limit() { s.pool.MaxActive = 50 }

func held() *redis.Pool {
	s := &store{pool: &redis.Pool{MaxIdle: 3, Dial: dial}}
	s.limit()
	return s.pool
}

func heldVariable() *redis.Pool {
	pool := &redis.Pool{MaxIdle: 3, Dial: dial}
	s := &store{pool: pool}
	s.limit()
	return pool
}

func heldUnderAnotherName() *redis.Pool {
	p := redis.Pool{MaxIdle: 3, Dial: dial}
	s := new(store)
	s.pool = &p
	s.limit()
	return s.pool
}

func inClosure() *redis.Pool {
	pool := &redis.Pool{MaxIdle: 4}
	func() { pool.MaxActive = 9 }()
	return pool
}

func tune(pool *redis.Pool) { pool.MaxActive = 77 }

func tuned() *redis.Pool {
	pool := &redis.Pool{MaxIdle: 4}
	tune(pool)
	return pool
}

var shared = &redis.Pool{MaxIdle: 5, MaxActive: 15}

func init() { shared.MaxActive = 16 }

func fromPackage() *redis.Pool { return shared }
