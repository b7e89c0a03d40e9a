package resp

import "fmt"

// protocolError is a request that breaks the protocol or a limit. It ends its
// connection, since what follows cannot be told apart from data.
type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

// part is the part of a command that the scanner expects next.
type part uint8

const (
	atStart part = iota
	inInline
	inCount   // digits after *
	countEnd  // \n
	atBulk    // $
	inLength  // digits after $
	lengthEnd // \n
	inData
	dataEnd    // \r
	dataEndEnd // \n
)

// scanner finds where commands end, byte by byte, however they arrive in pieces,
// and checks them against the limits. It keeps no data.
type scanner struct {
	limits Limits
	part   part
	size   int // bytes of this command so far
	number int // the count or length that is being read
	digits int // how many digits it has
	bulks  int // arguments still to come
	left   int // bytes of data still to come
}

// next reads on to the end of a command, or of b. It returns how many bytes it
// took and whether the last one ends a command. After an error the scanner must
// not be used.
func (s *scanner) next(b []byte) (n int, done bool, err error) {
	for n < len(b) {
		if s.part == inData {
			took := min(s.left, len(b)-n)
			n += took
			s.left -= took
			if s.left == 0 {
				s.part = dataEnd
			}
			continue
		}
		done, err = s.step(b[n])
		n++
		if done || err != nil {
			return n, done, err
		}
	}
	return n, false, nil
}

func (s *scanner) step(c byte) (done bool, err error) {
	s.size++
	if s.part == lengthEnd {
		s.size += s.number // counted before any of it is kept
	}
	if s.size > s.limits.Command {
		return false, protocolError("command too long")
	}
	switch s.part {
	case atStart, inInline:
		return s.stepInline(c)
	case inCount, inLength:
		return false, s.stepNumber(c)
	case countEnd:
		s.bulks = s.number
		return false, s.expect(c, '\n', atBulk, "invalid multibulk length")
	case atBulk:
		s.number, s.digits = 0, 0
		if c != '$' {
			return false, protocolError(fmt.Sprintf("expected '$', got '%c'", c))
		}
		s.part = inLength
	case lengthEnd:
		s.left = s.number
		return false, s.expect(c, '\n', inData, "invalid bulk length")
	case dataEnd:
		return false, s.expect(c, '\r', dataEndEnd, "invalid bulk length")
	case dataEndEnd:
		s.bulks--
		if s.bulks > 0 {
			return false, s.expect(c, '\n', atBulk, "invalid bulk length")
		}
		err = s.expect(c, '\n', atStart, "invalid bulk length")
		s.size = 0
		return err == nil, err
	}
	return false, nil
}

func (s *scanner) stepInline(c byte) (done bool, err error) {
	if s.part == atStart && c == '*' {
		s.part, s.number, s.digits = inCount, 0, 0
		return false, nil
	}
	s.part = inInline
	if c == '\n' {
		s.part, s.size = atStart, 0
		return true, nil
	}
	if s.size > s.limits.Inline {
		return false, protocolError("too big inline request")
	}
	return false, nil
}

// stepNumber reads the digits of a count or a length, and the \r behind them.
func (s *scanner) stepNumber(c byte) error {
	least, most, after, complaint := 1, s.limits.Arguments, countEnd, "invalid multibulk length"
	if s.part == inLength {
		least, most, after, complaint = 0, s.limits.Argument, lengthEnd, "invalid bulk length"
	}
	switch {
	case c >= '0' && c <= '9':
		s.number = s.number*10 + int(c-'0')
		s.digits++
		if s.number > most || s.digits > 20 {
			return protocolError(complaint)
		}
	case c == '\r' && s.digits > 0 && s.number >= least:
		s.part = after
	default:
		return protocolError(complaint)
	}
	return nil
}

func (s *scanner) expect(c, want byte, next part, complaint string) error {
	if c != want {
		return protocolError(complaint)
	}
	s.part = next
	if next == inData && s.left == 0 {
		s.part = dataEnd
	}
	return nil
}
