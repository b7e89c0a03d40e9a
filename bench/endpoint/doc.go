// Package endpoint attacks any HTTP endpoint with the same ruler as the
// ladder: an open-loop plan, response times from the intended send time, a
// calibrated generator that says when it was the limit itself. The outcome is
// a bench.Run of one stage, from which every report is made.
//
// Two things differ from a stage of the ladder, because nothing is known of
// the endpoint's rules: an answer 401 or 429 counts as a failure, as any
// other answer of 400 and above does, and failures are grouped by their code.
//
// Nothing but loopback is attacked unless its host is named in AllowHosts.
// Names are resolved once, before the attack; only the addresses found then
// are ever dialled, and redirects are not followed.
package endpoint
