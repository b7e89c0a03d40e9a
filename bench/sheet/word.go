package sheet

import (
	"fmt"
	"math/big"
	"strings"
)

// known returns the size in base units and the dimension of one word of a
// unit. Words that are not known are counts of their own.
func (c Calendar) known(word string) (*big.Rat, Dimension, error) {
	switch word {
	case "1":
		return big.NewRat(1, 1), Dimension{}, nil
	case "%":
		return big.NewRat(1, 100), Dimension{}, nil
	case "$", "USD", "usd":
		return big.NewRat(1, 1), base(moneyKey, "$"), nil
	case "cent", "cents":
		return big.NewRat(1, 100), base(moneyKey, "$"), nil
	}
	if seconds := c.seconds(word); seconds != nil {
		return seconds, base(timeKey, "time"), nil
	}
	if size := c.bytes(word); size != nil {
		return size, base(bytesKey, "bytes"), nil
	}
	if speed, ok := map[string]int64{"kbps": 1e3, "Kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9, "Tbps": 1e12}[word]; ok {
		return big.NewRat(speed, 8), base(bytesKey, "bytes").Div(base(timeKey, "time")), nil
	}
	if err := doubtful(word); err != nil {
		return nil, Dimension{}, err
	}
	return big.NewRat(1, 1), counting(word), nil
}

func (c Calendar) seconds(word string) *big.Rat {
	switch word {
	case "ns":
		return big.NewRat(1, 1e9)
	case "us", "µs":
		return big.NewRat(1, 1e6)
	case "ms":
		return big.NewRat(1, 1e3)
	case "s", "sec", "second", "seconds":
		return big.NewRat(1, 1)
	case "min", "minute", "minutes":
		return big.NewRat(60, 1)
	case "h", "hour", "hours":
		return big.NewRat(secondsPerHour, 1)
	case "d", "day", "days":
		return c.day
	case "week", "weeks":
		return new(big.Rat).Mul(big.NewRat(7, 1), c.day)
	case "month", "months":
		return c.month
	case "y", "yr", "year", "years":
		return c.year
	}
	return nil
}

// bytes is the size of a unit of data: KB is 1,000 or 1,024 bytes by the
// conventions, KiB always 1,024, kbit always 1,000 bits.
func (c Calendar) bytes(word string) *big.Rat {
	switch word {
	case "B", "byte", "bytes":
		return big.NewRat(1, 1)
	case "bit", "bits":
		return big.NewRat(1, 8)
	}
	prefix, rest := word[:min(1, len(word))], word[min(1, len(word)):]
	step := strings.Index("KMGTPE", strings.ToUpper(prefix)) + 1
	if step == 0 || prefix != strings.ToUpper(prefix) && prefix != "k" {
		return nil
	}
	by, size := int64(1000), big.NewRat(1, 1)
	switch rest {
	case "B":
		if c.binary {
			by = 1024
		}
	case "iB":
		by = 1024
	case "bit":
		size = big.NewRat(1, 8)
	default:
		return nil
	}
	return size.Mul(size, powered(big.NewRat(by, 1), step))
}

// doubtful refuses words that look like a known unit but are not written like
// it: Gb could be gigabits or gigabytes, m a minute, a month or a million.
func doubtful(word string) error {
	if len(word) == 1 {
		return Error{Problem: fmt.Sprintf("%s is not a unit", quote(word)), Allowed: "write min or months for m, bit for b, MB for M, bn for a billion; counts are words of two letters or more"}
	}
	if len(word) == 2 && strings.ContainsRune("kKMGTPE", rune(word[0])) && word[1] == 'b' {
		return Error{Problem: quote(word) + " can be bits or bytes", Allowed: "GB for bytes, Gbit for bits"}
	}
	units := "ns us ms min B KB MB GB TB PB EB KiB MiB GiB TiB PiB EiB kbit Mbit Gbit Tbit Mbps Gbps USD s sec day days week weeks month months year years hour hours byte bytes bit bits second seconds minute minutes"
	for unit := range strings.FieldsSeq(units) {
		if strings.EqualFold(unit, word) {
			return Error{Problem: fmt.Sprintf("%s is not a unit, did you mean %s?", quote(word), unit), Allowed: "bytes are KB MB GB TB PB, bits are kbit Mbit Gbit"}
		}
	}
	if _, scale := scales[word]; scale {
		return Error{Problem: fmt.Sprintf("%s stands where a unit should", quote(word)), Allowed: "one word for a large number, right after the number: 300 M users"}
	}
	return nil
}

// unitWord reports whether a word is a unit or a number's word, so that no
// name of a sheet is the same.
func unitWord(word string) bool {
	c := Calendar{day: big.NewRat(1, 1), month: big.NewRat(1, 1), year: big.NewRat(1, 1)}
	_, d, err := c.known(word)
	_, scale := scales[word]
	return scale || err == nil && !d.whole()
}
