# Two commands matter: "make run" and "make test".
GO ?= go
export CGO_ENABLED = 0

.PHONY: run test build check race bench fuzz clean

run: build
	bin/rung run

build:
	$(GO) build -o bin/rung ./cmd/rung

# All tests, and every benchmark once, the long ones shortened, so that none
# rots.
test: check
	$(GO) test -timeout 9m ./...
	$(GO) test -short -run '^$$' -bench . -benchtime 1x ./targets/... ./bench/... ./reports/... >/dev/null

check:
	@test -z "$$(gofmt -l cmd targets bench reports configs *.go)" || { gofmt -l cmd targets bench reports configs *.go; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...

# The race detector needs cgo and a C compiler.
race:
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

bench:
	$(GO) test -run '^$$' -bench . ./targets/clock ./targets/machine ./targets/wire ./bench/record ./bench/attack

# Every fuzz target for a short while: make fuzz FUZZTIME=60s
FUZZTIME ?= 20s
fuzz:
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r f; do \
	  for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$f"); do \
	    echo "$$(dirname "$$f") $$t"; $(GO) test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$f")" || exit 1; \
	  done; done

clean:
	rm -rf bin
