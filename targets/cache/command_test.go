package cache_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"rung/targets"
	"rung/targets/cache"
)

// TestCommands plays scripts, each on an empty cache. The replies are those of
// Redis 7. A step "wait 5s" moves the clock.
func TestCommands(t *testing.T) {
	type step struct{ command, want string }
	arity := func(name string) string { return "-ERR wrong number of arguments for '" + name + "' command" }
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"strings", []step{
			{"GET a", "(nil)"}, {"SET a 1", "OK"}, {"GET a", "1"}, {"set a 2", "OK"}, {"get a", "2"},
			{"MGET a b a", "[2 (nil) 2]"}, {"EXISTS a b a", "2"}, {"DBSIZE", "1"},
			{"DEL a b a", "1"}, {"GET a", "(nil)"}, {"DBSIZE", "0"}, {"DEL a", "0"},
			{"MSET a 1 b 2 a 3", "OK"}, {"MGET a b", "[3 2]"}, {"FLUSHALL", "OK"}, {"DBSIZE", "0"}, {"GET a", "(nil)"},
			{"SET a 1", "OK"}, {"flushall async", "OK"}, {"FLUSHALL now", "-ERR syntax error"}, {"DBSIZE", "0"},
		}},
		{"set nx and xx", []step{
			{"SET a 1 XX", "(nil)"}, {"SET a 1 NX", "OK"}, {"SET a 2 nx", "(nil)"}, {"GET a", "1"}, {"SET a 2 xx", "OK"}, {"GET a", "2"},
			{"SET a 3 NX XX", "-ERR syntax error"}, {"SET a 3 XX NX", "-ERR syntax error"}, {"GET a", "2"},
		}},
		{"set get", []step{
			{"SET a 1 GET", "(nil)"}, {"SET a 2 GET", "1"}, {"SET a 3 NX GET", "2"}, {"GET a", "2"}, {"SET b 1 XX GET", "(nil)"}, {"EXISTS b", "0"},
			{"SET a 4 GET EX 10", "2"}, {"TTL a", "10"},
		}},
		{"expiry in seconds", []step{
			{"SET a 1 EX 10", "OK"}, {"TTL a", "10"}, {"PTTL a", "10000"}, {"wait 4s", ""}, {"TTL a", "6"}, {"wait 5999ms", ""},
			{"GET a", "1"}, {"PTTL a", "1"}, {"TTL a", "0"}, {"wait 1ms", ""}, {"GET a", "(nil)"}, {"TTL a", "-2"}, {"PTTL a", "-2"}, {"DBSIZE", "0"}, {"EXISTS a", "0"}, {"DEL a", "0"},
		}},
		{"expiry in milliseconds", []step{
			{"SET a 1 px 1500", "OK"}, {"PTTL a", "1500"}, {"TTL a", "2"}, {"wait 1ms", ""}, {"TTL a", "1"}, {"wait 300us", ""}, {"PTTL a", "1499"}, {"wait 1499ms", ""}, {"GET a", "(nil)"},
		}},
		{"setex, expire, persist", []step{
			{"SETEX a 5 1", "OK"}, {"TTL a", "5"}, {"EXPIRE a 7", "1"}, {"TTL a", "7"}, {"PERSIST a", "1"}, {"TTL a", "-1"}, {"PTTL a", "-1"}, {"PERSIST a", "0"},
			{"wait 1h", ""}, {"GET a", "1"}, {"EXPIRE a 1", "1"}, {"wait 1s", ""}, {"GET a", "(nil)"}, {"EXPIRE a 5", "0"}, {"PERSIST a", "0"},
			{"SET a 1", "OK"}, {"EXPIRE a 0", "1"}, {"EXISTS a", "0"}, {"SET a 1", "OK"}, {"EXPIRE a -5", "1"}, {"EXISTS a", "0"},
		}},
		{"a set takes the lifetime away, unless asked", []step{
			{"SET a 1 EX 10", "OK"}, {"SET a 2 KEEPTTL", "OK"}, {"TTL a", "10"}, {"SET a 3", "OK"}, {"TTL a", "-1"}, {"SET b 1 KEEPTTL", "OK"}, {"TTL b", "-1"},
			{"SET a 1 EX 10", "OK"}, {"MSET a 2", "OK"}, {"TTL a", "-1"},
		}},
		{"nx over a dead entry", []step{{"SET a 1 EX 1", "OK"}, {"wait 1s", ""}, {"SET a 2 XX", "(nil)"}, {"SET a 2 NX", "OK"}, {"TTL a", "-1"}, {"GET a", "2"}}},
		{"impossible lifetimes", []step{
			{"SET a 1 EX 0", "-ERR invalid expire time in 'set' command"}, {"SET a 1 PX -1", "-ERR invalid expire time in 'set' command"},
			{"SET a 1 EX x", "-ERR value is not an integer or out of range"}, {"SET a 1 EX", "-ERR syntax error"}, {"SET a 1 EX 1 PX 1", "-ERR syntax error"},
			{"SET a 1 EX 1 KEEPTTL", "-ERR syntax error"}, {"SET a 1 KEEPTTL PX 1", "-ERR syntax error"}, {"SET a 1 nonsense", "-ERR syntax error"},
			{"SET a 1 EX 9223372036854775807", "-ERR invalid expire time in 'set' command"}, {"SETEX a 0 1", "-ERR invalid expire time in 'setex' command"},
			{"SETEX a x 1", "-ERR value is not an integer or out of range"}, {"EXPIRE a x", "-ERR value is not an integer or out of range"},
			{"EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command"}, {"DBSIZE", "0"}, {"SET a 1 EX 1000000000", "OK"}, {"TTL a", "1000000000"},
		}},
		{"incr", []step{
			{"INCR a", "1"}, {"INCR a", "2"}, {"GET a", "2"}, {"EXPIRE a 10", "1"}, {"INCR a", "3"}, {"TTL a", "10"}, {"SET a -1", "OK"}, {"INCR a", "0"},
			{"SET a x", "OK"}, {"INCR a", "-ERR value is not an integer or out of range"}, {"SET a +1", "OK"}, {"INCR a", "-ERR value is not an integer or out of range"},
			{"SET a 9223372036854775807", "OK"}, {"INCR a", "-ERR increment or decrement would overflow"}, {"GET a", "9223372036854775807"},
		}},
		{"arity", []step{
			{"GET", arity("get")}, {"GET a b", arity("get")}, {"SET a", arity("set")}, {"SETEX a 1", arity("setex")}, {"MSET a", arity("mset")}, {"MSET a 1 b", arity("mset")},
			{"DEL", arity("del")}, {"MGET", arity("mget")}, {"TTL", arity("ttl")}, {"EXPIRE a", arity("expire")}, {"EXPIRE a 1 NX", arity("expire")}, {"DBSIZE a", arity("dbsize")},
		}},
		{"unknown", []step{{"HSET h f v", "-ERR unknown command 'HSET', with args beginning with: 'h' 'f' 'v' "}, {"PING", "PONG"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, cache.Settings{}, targets.Machine{})
			client := dial(t, r.address)
			for i, s := range c.steps {
				words := strings.Fields(s.command)
				if words[0] == "wait" {
					d, err := time.ParseDuration(words[1])
					if err != nil {
						t.Fatal(err)
					}
					r.clock.advance(d)
					continue
				}
				if got := client.do(words...); got != s.want {
					t.Fatalf("step %d: %s is answered %q; want %q", i, s.command, got, s.want)
				}
			}
		})
	}
}

// TestMemory fills a cache with room for three: who leaves depends on the policy, and
// what can never fit is refused and changes nothing.
func TestMemory(t *testing.T) {
	const entry = cache.EntryOverhead + 2
	for _, c := range []struct{ policy, want string }{
		{cache.PolicyFIFO, "[(nil) 2 3 4]"}, // a came first
		{cache.PolicyLRU, "[1 (nil) 3 4]"},  // b was used the longest ago
		{cache.PolicyLFU, "[1 2 (nil) 4]"},  // c was used the least
	} {
		t.Run(c.policy, func(t *testing.T) {
			r := start(t, cache.Settings{Bytes: 3*entry + 1, Policy: c.policy}, targets.Machine{})
			client := dial(t, r.address)
			for _, line := range []string{"SET a 1", "SET b 2", "GET b", "SET c 3", "GET a", "EXISTS b", "TTL b", "SET d 4"} {
				client.do(strings.Fields(line)...)
			}
			if got := client.do("MGET", "a", "b", "c", "d"); got != c.want {
				t.Errorf("left is %s; want %s", got, c.want)
			}
			const oom = "-OOM command not allowed when used memory > 'maxmemory'."
			huge := strings.Repeat("x", 3*entry)
			for _, args := range [][]string{{"SET", "d", huge}, {"SETEX", "d", "5", huge}, {"MSET", "a", "9", "d", huge}, {"INCR", huge}} {
				if got := client.do(args...); got != oom {
					t.Errorf("%.20q is answered %q", args, got)
				}
			}
			if got := client.do("MGET", "a", "b", "c", "d"); got != c.want {
				t.Errorf("afterwards left is %s; want %s", got, c.want)
			}
			m := r.server.Metrics()
			if m["evictions_total"] != 1 || m["entries"] != 3 || m["used_bytes"] != 3*entry {
				t.Errorf("metrics are %v", m)
			}
			client.do("SET", "all", strings.Repeat("x", 3*entry+1-cache.EntryOverhead-3))
			if m := r.server.Metrics(); m["entries"] != 1 || m["used_bytes"] != 3*entry+1 || m["evictions_total"] != 4 {
				t.Errorf("with one value as large as the memory: %v", m)
			}
		})
	}
}

func TestInfo(t *testing.T) {
	r := start(t, cache.Settings{Bytes: 2*cache.EntryOverhead + 10, Policy: cache.PolicyLFU}, targets.Machine{})
	c := dial(t, r.address)
	if got := c.do("INFO", "keyspace"); got != "# Keyspace\r\n" {
		t.Errorf("INFO keyspace of an empty cache is %q", got)
	}
	for _, line := range []string{"SET a 1", "SET b 2 EX 1", "SET c 3 EX 9", "GET a", "GET c"} { // a leaves
		c.do(strings.Fields(line)...)
	}
	r.clock.advance(time.Second) // b leaves
	c.do("NOPE")
	info := map[string]string{}
	for _, line := range strings.Split(c.do("INFO"), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok {
			info[key] = value
		}
	}
	for key, want := range map[string]string{
		"role_name": "cache", "connected_clients": "1", "used_memory": fmt.Sprint(cache.EntryOverhead + 2), "maxmemory": fmt.Sprint(2*cache.EntryOverhead + 10),
		"maxmemory_policy": "allkeys-lfu", "keyspace_hits": "1", "keyspace_misses": "1", "evicted_keys": "1", "expired_keys": "1",
		"total_commands_processed": "5", "total_error_replies": "1", "db0": "keys=1,expires=1",
	} {
		if info[key] != want {
			t.Errorf("INFO says %s:%s; want %s", key, info[key], want)
		}
	}
}

// TestRedisCLI drives the cache with the client that everybody has.
func TestRedisCLI(t *testing.T) {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("SKIPPED: redis-cli is not installed, so nothing shows that it works with the cache")
	}
	r := start(t, cache.Settings{}, targets.Machine{})
	host, port, _ := strings.Cut(r.address, ":")
	run := func(input string, args ...string) string {
		cmd := exec.Command(cli, append([]string{"-h", host, "-p", port}, args...)...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("redis-cli %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"PING"}, "PONG"},
		{[]string{"SET", "user:1", `{"id":1}`, "EX", "60"}, "OK"},
		{[]string{"GET", "user:1"}, `{"id":1}`},
		{[]string{"--no-raw", "TTL", "user:1"}, "(integer) 60"},
		{[]string{"--no-raw", "GET", "nobody"}, "(nil)"},
		{[]string{"--json", "-2", "MGET", "user:1", "nobody"}, `["{\"id\":1}",null]`},
		{[]string{"--no-raw", "DEL", "user:1"}, "(integer) 1"},
		{[]string{"-e", "-n", "0", "DBSIZE"}, "0"},
		{[]string{"-r", "3", "INCR", "n"}, "1\n2\n3"},
		{[]string{"FLUSHALL"}, "OK"},
	} {
		if got := run("", c.args...); got != c.want {
			t.Errorf("redis-cli %q says %q; want %q", c.args, got, c.want)
		}
	}
	if got := run("", "INFO", "memory"); !strings.Contains(got, "used_memory:0") || !strings.Contains(got, "maxmemory_policy:allkeys-lru") {
		t.Errorf("INFO memory says %q", got)
	}
	if got := run("*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$3\r\nGET\r\n$1\r\nc\r\n", "--pipe"); !strings.Contains(got, "errors: 0, replies: 2") {
		t.Errorf("--pipe says %q", got)
	}
	if got := run("", "-3", "GET", "c"); !slices.Contains(strings.Split(got, "\n"), "3") {
		t.Errorf("with RESP3 asked for, redis-cli says %q", got)
	}
}
