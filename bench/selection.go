package bench

import (
	"slices"
	"strings"
)

// In returns the stage as a profile runs it: without the experiments and the
// kills that the profile leaves out, and without the claims that need them.
// The stage itself is not changed.
func (s Stage) In(profile string) Stage {
	var out []string // prefixes of the facts that there will not be
	s.Experiments = slices.DeleteFunc(slices.Clone(s.Experiments), func(e Experiment) bool {
		if runsIn(e.Profiles, profile) {
			return false
		}
		out = append(out, e.Name+".")
		return true
	})
	s.Kills = slices.DeleteFunc(slices.Clone(s.Kills), func(k Kill) bool {
		if runsIn(k.Profiles, profile) {
			return false
		}
		out = append(out, "kill."+k.Name()+".")
		return true
	})
	s.Claims = slices.DeleteFunc(slices.Clone(s.Claims), func(c Claim) bool {
		return !runsIn(c.Profiles, profile) || slices.ContainsFunc(c.Checks, func(text string) bool { return needs(text, out) })
	})
	return s
}

// runsIn says whether something for these profiles, none meaning all, is for
// this one.
func runsIn(profiles []string, profile string) bool {
	return len(profiles) == 0 || slices.Contains(profiles, profile)
}

// needs says whether a check names a fact with one of the prefixes.
func needs(check string, prefixes []string) bool {
	c, err := ParseCheck(check)
	if err != nil {
		return false // whoever judges it says so
	}
	return slices.ContainsFunc(c.Needs(), func(fact string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(fact, p) })
	})
}
