package main

import (
	"encoding/json"
	"time"

	"github.com/redis/go-redis/v9"
)

func yes() bool { return len("yes") == 3 }

func branch() *redis.Client {
	opt := &redis.Options{PoolSize: 5}
	if yes() {
		opt.PoolSize = 50
	}
	return redis.NewClient(opt)
}

func branchOfTwo() *redis.Client {
	opt := &redis.Options{PoolSize: 5}
	if !yes() {
		opt = &redis.Options{PoolSize: 6, MinIdleConns: 2}
	} else {
		opt = &redis.Options{PoolSize: 7}
	}
	return redis.NewClient(opt)
}

func sameInBothBranches() *redis.Client {
	opt := &redis.Options{}
	if yes() {
		opt.PoolSize = 8
	} else {
		opt.PoolSize = 8
	}
	return redis.NewClient(opt)
}

func loop() *redis.Client {
	opt := &redis.Options{PoolSize: 1}
	for range 4 {
		opt.PoolSize++
	}
	for i := 0; i < 3; i++ {
		opt.MinIdleConns = i
	}
	return redis.NewClient(opt)
}

func running() *redis.Client {
	size := 4
	size += 5
	size *= 2
	return redis.NewClient(&redis.Options{PoolSize: size})
}

func shadow() *redis.Client {
	size := 4
	if yes() {
		size := 40
		_ = size
	}
	{
		size = 44
	}
	return redis.NewClient(&redis.Options{PoolSize: size})
}

func shadowedOptions() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	if opt := (&redis.Options{PoolSize: 9}); opt != nil {
		opt.PoolSize = 90
	}
	return redis.NewClient(opt)
}

func alias() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	other := opt
	other.PoolSize = 41
	return redis.NewClient(opt)
}

func doublePointer() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	to := &opt
	(*to).PoolSize = 42
	*to = &redis.Options{PoolSize: 43}
	return redis.NewClient(opt)
}

func throughField() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	holder := struct{ o *redis.Options }{opt}
	holder.o.PoolSize = 45
	return redis.NewClient(opt)
}

func throughSlice() *redis.Client {
	all := []*redis.Options{{PoolSize: 1}, {PoolSize: 2}}
	all[1].PoolSize = 46
	return redis.NewClient(all[1])
}

func throughMap() *redis.Client {
	all := map[string]*redis.Options{"a": {PoolSize: 1}}
	all["a"].MinIdleConns = 7
	return redis.NewClient(all["a"])
}

func throughChannel() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	given := make(chan *redis.Options, 1)
	given <- opt
	(<-given).PoolSize = 47
	return redis.NewClient(opt)
}

func mutate(opt *redis.Options) { opt.PoolSize = 48 }

func helper() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	mutate(opt)
	return redis.NewClient(opt)
}

func copied(opt redis.Options) { opt.PoolSize = 49 }

func helperByValue() *redis.Client {
	opt := redis.Options{PoolSize: 4}
	copied(opt)
	return redis.NewClient(&opt)
}

type tuner interface{ tune(*redis.Options) }

type large struct{}

func (large) tune(opt *redis.Options) { opt.PoolSize = 51 }

func throughInterface() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	var t tuner = large{}
	t.tune(opt)
	return redis.NewClient(opt)
}

func closureWrites() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	set := func() { opt.PoolSize = 52 }
	set()
	return redis.NewClient(opt)
}

func closureOfFigure() *redis.Client {
	size := 4
	grow := func() { size = 53 }
	grow()
	return redis.NewClient(&redis.Options{PoolSize: size})
}

func functional(opts ...func(*redis.Options)) *redis.Options {
	opt := &redis.Options{PoolSize: 4}
	for _, set := range opts {
		set(opt)
	}
	return opt
}

func withSize(n int) func(*redis.Options) { return func(o *redis.Options) { o.PoolSize = n } }

func functionalOptions() *redis.Client { return redis.NewClient(functional(withSize(54))) }

func deferred() (client *redis.Client) {
	opt := &redis.Options{PoolSize: 4}
	func() {
		defer func() { opt.PoolSize = 55 }()
	}()
	return redis.NewClient(opt)
}

func switched() *redis.Client {
	opt := &redis.Options{}
	switch {
	case yes():
		opt.PoolSize = 56
	case !yes():
		opt.PoolSize = 57
	default:
		opt.MinIdleConns = 3
	}
	return redis.NewClient(opt)
}

func fallsThrough() *redis.Client {
	opt := &redis.Options{PoolSize: 1}
	switch 2 {
	case 2:
		opt.PoolSize = 2
		fallthrough
	case 3:
		opt.PoolSize = 58
	}
	return redis.NewClient(opt)
}

func decoded() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	_ = json.Unmarshal([]byte(`{"PoolSize": 59, "MinIdleConns": 3}`), opt)
	return redis.NewClient(opt)
}

func replacedWhole() *redis.Client {
	opt := &redis.Options{PoolSize: 4, MinIdleConns: 2}
	*opt = redis.Options{PoolSize: 60}
	return redis.NewClient(opt)
}

func twice() *redis.Client {
	opt := &redis.Options{PoolSize: 4}
	_ = redis.NewClient(opt)
	opt.PoolSize = 61
	return redis.NewClient(opt)
}

type holder struct {
	redis.Options
	extra int
}

func embedded() *redis.Client {
	h := holder{Options: redis.Options{PoolSize: 4}}
	h.PoolSize = 62
	h.Options.MinIdleConns = 2
	return redis.NewClient(&h.Options)
}

type sized interface{ ~int }

func generic[T sized](n T) *redis.Options { return &redis.Options{PoolSize: int(n) * 2} }

func genericFactory() *redis.Client { return redis.NewClient(generic(32)) }

func recursive(n int) *redis.Options {
	if n == 0 {
		return &redis.Options{PoolSize: 3}
	}
	opt := recursive(n - 1)
	opt.PoolSize += 1
	return opt
}

func recursiveFactory() *redis.Client { return redis.NewClient(recursive(4)) }

func several() (*redis.Options, error) { return &redis.Options{PoolSize: 66}, nil }

func severalResults() *redis.Client {
	opt, err := several()
	if err != nil {
		opt = &redis.Options{PoolSize: 1}
	}
	return redis.NewClient(opt)
}

func labelled() *redis.Client {
	opt := &redis.Options{PoolSize: 1}
	tries := 0
again:
	opt.PoolSize = tries + 10
	tries++
	if tries < 3 {
		goto again
	}
	return redis.NewClient(opt)
}

func labelledLoop() *redis.Client {
	opt := &redis.Options{}
outer:
	for i := 0; i < 3; i++ {
		for {
			if i == 1 {
				opt.PoolSize = 67
				break outer
			}
			continue outer
		}
	}
	return redis.NewClient(opt)
}

func recovered() (client *redis.Client) {
	opt := &redis.Options{PoolSize: 4}
	defer func() {
		if recover() != nil {
			client = redis.NewClient(opt)
		}
	}()
	opt.PoolSize = 68
	panic("on purpose")
}

const seconds = 3

type level time.Duration

func typedDuration() *redis.Client {
	var wait time.Duration = seconds
	return redis.NewClient(&redis.Options{ReadTimeout: wait * time.Second, DialTimeout: time.Duration(level(4 * time.Second))})
}

func integerDivision() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 7 / 2 * 3, MinIdleConns: 7 % 4, ReadTimeout: 7 * time.Second / 2})
}

func overflowing() *redis.Client {
	var small uint8 = 250
	small += 10
	return redis.NewClient(&redis.Options{PoolSize: int(small), MinIdleConns: int(uint8(44))})
}

func masked() *redis.Client {
	return redis.NewClient(&redis.Options{PoolSize: 0xff &^ 0xf0, MinIdleConns: ^-4, MaxIdleConns: 'a' - 90})
}
