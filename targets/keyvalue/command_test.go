package keyvalue_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"rung/targets"
)

const wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value"

// TestCommands plays scripts, each on an empty store. The replies are those of
// Redis 7, except where a name says otherwise.
func TestCommands(t *testing.T) {
	type step struct{ command, want string }
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"strings", []step{
			{"GET a", "(nil)"}, {"SET a 1", "OK"}, {"GET a", "1"}, {"set a 2", "OK"}, {"get a", "2"},
			{"MGET a b a", "[2 (nil) 2]"}, {"EXISTS a b a", "2"}, {"DBSIZE", "1"},
			{"DEL a b", "1"}, {"GET a", "(nil)"}, {"DBSIZE", "0"}, {"DEL a", "0"},
		}},
		{"set nx", []step{
			{"SET a 1 NX", "OK"}, {"SET a 2 nx", "(nil)"}, {"GET a", "1"}, {"SET b 1 EX 5", "-ERR syntax error"}, {"DBSIZE", "1"},
		}},
		{"hashes", []step{
			{"HGET h f", "(nil)"}, {"HLEN h", "0"}, {"HSET h f 1 g 2", "2"}, {"HSET h f 3 i 4", "1"}, {"HGET h f", "3"},
			{"HGET h x", "(nil)"}, {"HLEN h", "3"}, {"HSETNX h f 9", "0"}, {"HGET h f", "3"}, {"HSETNX h j 5", "1"},
			{"HSETNX new f 1", "1"}, {"DBSIZE", "2"}, {"EXISTS h", "1"}, {"DEL h", "1"}, {"HLEN h", "0"}, {"HSET h f 1", "1"}, {"HLEN h", "1"},
			{"HSET h f", "-ERR wrong number of arguments for 'hset' command"},
			{"HSET h f 1 g", "-ERR wrong number of arguments for 'hset' command"},
		}},
		{"hash scan, in the order of arrival and with an exact count", []step{
			{"HSCAN h 0", "[0 []]"}, {"HSET h z 1 a 2 m 3", "3"}, {"HSCAN h 0", "[0 [z 1 a 2 m 3]]"},
			{"HSCAN h 0 COUNT 2", "[2 [z 1 a 2]]"}, {"HSCAN h 2 count 2", "[0 [m 3]]"}, {"HSCAN h 99", "[0 []]"},
			{"HSCAN h 0 COUNT 1", "[1 [z 1]]"}, {"HSCAN h x", "-ERR invalid cursor"}, {"HSCAN h 0 COUNT 0", "-ERR syntax error"},
			{"HSCAN h 0 COUNT x", "-ERR value is not an integer or out of range"}, {"HSCAN h 0 COUNT", "-ERR syntax error"},
			{"HSCAN h 0 MATCH *", "-ERR syntax error"},
		}},
		{"lists", []step{
			{"LRANGE l 0 -1", "[]"}, {"RPUSH l a b", "2"}, {"RPUSH l c", "3"}, {"LRANGE l 0 -1", "[a b c]"}, {"LRANGE l 1 1", "[b]"},
			{"LRANGE l -2 -1", "[b c]"}, {"LRANGE l -99 99", "[a b c]"}, {"LRANGE l 2 1", "[]"}, {"LRANGE l 5 9", "[]"},
			{"LRANGE l 0 -9", "[]"}, {"LRANGE l -9223372036854775808 9223372036854775807", "[a b c]"},
			{"LRANGE l x 1", "-ERR value is not an integer or out of range"}, {"DEL l", "1"}, {"RPUSH l z", "1"}, {"LRANGE l 0 -1", "[z]"},
		}},
		{"wrong types", []step{
			{"SET s 1", "OK"}, {"HSET h f 1", "1"}, {"RPUSH l a", "1"},
			{"GET h", wrongType}, {"GET l", wrongType}, {"HGET s f", wrongType}, {"HLEN l", wrongType}, {"HSET s f 1", wrongType},
			{"HSETNX l f 1", wrongType}, {"HSCAN s 0", wrongType}, {"RPUSH s a", wrongType}, {"LRANGE h 0 1", wrongType},
			{"MGET s h l", "[1 (nil) (nil)]"}, {"SET h over", "OK"}, {"SET l over", "OK"}, {"GET h", "over"}, {"DBSIZE", "3"}, {"HLEN h", wrongType},
		}},
		{"arity", []step{
			{"GET", "-ERR wrong number of arguments for 'get' command"}, {"GET a b", "-ERR wrong number of arguments for 'get' command"},
			{"SET a", "-ERR wrong number of arguments for 'set' command"}, {"DEL", "-ERR wrong number of arguments for 'del' command"},
			{"MGET", "-ERR wrong number of arguments for 'mget' command"}, {"DBSIZE a", "-ERR wrong number of arguments for 'dbsize' command"},
			{"HSETNX a b c d", "-ERR wrong number of arguments for 'hsetnx' command"}, {"RPUSH a", "-ERR wrong number of arguments for 'rpush' command"},
		}},
		{"unknown", []step{{"FLUSHALL now", "-ERR unknown command 'FLUSHALL', with args beginning with: 'now' "}, {"PING", "PONG"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := dial(t, start(t, setup{}).address)
			for i, s := range c.steps {
				if got := client.do(strings.Fields(s.command)...); got != s.want {
					t.Fatalf("step %d: %s is answered %q; want %q", i, s.command, got, s.want)
				}
			}
		})
	}
}

// TestKeyLengths checks the limits that bbolt has and Redis has not.
func TestKeyLengths(t *testing.T) {
	c := dial(t, start(t, setup{}).address)
	long, tooLong := strings.Repeat("k", 32767), strings.Repeat("k", 32768)
	for _, s := range []struct {
		args []string
		want string
	}{
		{[]string{"SET", "", "v"}, "-ERR key has 0 bytes: this store allows 1 to 32767"},
		{[]string{"SET", tooLong, "v"}, "-ERR key has 32768 bytes: this store allows 1 to 32767"},
		{[]string{"HSET", "h", "", "v"}, "-ERR field has 0 bytes: this store allows 1 to 32767"},
		{[]string{"HSETNX", "h", tooLong, "v"}, "-ERR field has 32768 bytes: this store allows 1 to 32767"},
		{[]string{"SET", long, "v"}, "OK"}, {[]string{"GET", long}, "v"},
		{[]string{"HSET", long + "", "f", "v"}, wrongType}, {[]string{"DEL", long}, "1"},
		{[]string{"HSET", long, long, "v"}, "1"}, {[]string{"HGET", long, long}, "v"},
		{[]string{"SET", "binary", "a\r\n\x00\xff"}, "OK"}, {[]string{"GET", "binary"}, "a\r\n\x00\xff"},
		{[]string{"SET", "empty", ""}, "OK"}, {[]string{"GET", "empty"}, ""}, {[]string{"HSET", "e", "f", ""}, "1"}, {[]string{"HGET", "e", "f"}, ""},
	} {
		if got := c.do(s.args...); got != s.want {
			t.Errorf("%.60q is answered %.80q; want %q", s.args, got, s.want)
		}
	}
}

// TestScanIsComplete scans a hash while others add to it: every field that was
// there from the beginning comes exactly once.
func TestScanIsComplete(t *testing.T) {
	r := start(t, setup{spec: targets.KeyValue{Fsync: targets.FsyncOff}})
	c := dial(t, r.address)
	for i := range 100 {
		c.do("HSET", "h", fmt.Sprint("old", i), "v")
	}
	var adding sync.WaitGroup
	for g := range 2 {
		other := dial(t, r.address)
		adding.Go(func() {
			for i := range 100 {
				other.do("HSETNX", "h", fmt.Sprint("new", g, "-", i), "v")
			}
		})
	}
	seen := map[string]int{}
	for cursor := "0"; ; {
		reply := strings.Trim(c.do("HSCAN", "h", cursor, "COUNT", "7"), "[]")
		next, rest, _ := strings.Cut(reply, " [")
		words := strings.Fields(rest)
		for i := 0; i < len(words); i += 2 {
			seen[words[i]]++
		}
		if cursor = next; cursor == "0" {
			break
		}
	}
	adding.Wait()
	for i := range 100 {
		if n := seen[fmt.Sprint("old", i)]; n != 1 {
			t.Errorf("field %d came %d times", i, n)
		}
	}
	if got := c.do("HLEN", "h"); got != "300" {
		t.Errorf("HLEN is %s", got)
	}
}

func TestInfo(t *testing.T) {
	r := start(t, setup{spec: targets.KeyValue{Data: targets.Data{Users: 3}}})
	c := dial(t, r.address)
	all := c.do("INFO")
	for _, want := range []string{"# Server\r\n", "role_name:kv\r\n", "connected_clients:1\r\n", "db0:keys=6,"} {
		if !strings.Contains(all, want) {
			t.Errorf("INFO has no %q:\n%s", want, all)
		}
	}
	if got := c.do("INFO", "keyspace"); got != "# Keyspace\r\ndb0:keys=6,expires=0,avg_ttl=0\r\n" {
		t.Errorf("INFO keyspace is %q", got)
	}
}

// TestRedisCLI drives the store with the client that everybody has.
func TestRedisCLI(t *testing.T) {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("SKIPPED: redis-cli is not installed, so nothing shows that it works with the store")
	}
	r := start(t, setup{spec: targets.KeyValue{Data: targets.Data{Users: 2, OrdersPerUser: 1}}})
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
		{[]string{"GET", "user:1"}, `{"id":1,"name":"User 1","email":"user1@example.com","city":"Berlin"}`},
		{[]string{"--json", "-2", "GET", "customer:2:orders"}, `"[\"order:2:1\"]"`},
		{[]string{"--no-raw", "GET", "nobody"}, "(nil)"},
		{[]string{"SET", "a", "1"}, "OK"},
		{[]string{"--no-raw", "HSET", "h", "f", "v"}, "(integer) 1"},
		{[]string{"HSCAN", "h", "0"}, "0\nf\nv"},
		{[]string{"-e", "-n", "0", "DBSIZE"}, "8"},
		{[]string{"COMMAND"}, ""},
		{[]string{"-r", "3", "ECHO", "hi"}, "hi\nhi\nhi"},
	} {
		if got := run("", c.args...); got != c.want {
			t.Errorf("redis-cli %q says %q; want %q", c.args, got, c.want)
		}
	}
	if got := run("PING\nSET b 2\nGET b\nQUIT\n"); got != "PONG\nOK\n2\nOK" && got != "PONG\nOK\n2" {
		t.Errorf("commands from stdin are answered %q", got)
	}
	if got := run("*3\r\n$3\r\nSET\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$3\r\nGET\r\n$1\r\nc\r\n", "--pipe"); !strings.Contains(got, "errors: 0, replies: 2") {
		t.Errorf("--pipe says %q", got)
	}
	if got := run("", "-3", "PING"); !slices.Contains(strings.Split(got, "\n"), "PONG") {
		t.Errorf("with RESP3 asked for, redis-cli says %q", got)
	}
}
