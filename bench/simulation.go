package bench

import "time"

// Simulation is a third opinion beside the estimate and the measurement: the
// stage's queues and service laws played through in virtual time, without a
// socket. Like the estimates it is made before the run.
type Simulation struct {
	Seed     uint64 `json:"seed"`
	Requests uint64 `json:"requests"`
	// Virtual is the time that passed in the model; Wall is how long it took.
	Virtual time.Duration `json:"virtual_ns"`
	Wall    time.Duration `json:"wall_ns"`
	// Values by fact, as in Prediction.
	Values []Simulated `json:"values"`
	// Limits says what the simulation leaves out; Outside why it does not fit
	// this topology. Its values must not be compared then.
	Limits  string `json:"limits,omitempty"`
	Outside string `json:"outside,omitempty"`
}

// Simulated is the simulation's value of a fact.
type Simulated struct {
	Fact  string  `json:"fact"`
	Value float64 `json:"value"`
	// Low and High are a 95% interval over independent replications; both
	// zero when there is none.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

// Value returns the simulation's value of a fact.
func (s *Simulation) Value(fact string) (Simulated, bool) {
	if s == nil {
		return Simulated{}, false
	}
	for _, v := range s.Values {
		if v.Fact == fact {
			return v, true
		}
	}
	return Simulated{}, false
}
