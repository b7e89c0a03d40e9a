package html

import (
	"fmt"
	"slices"
	"strings"

	"rung/bench"
	"rung/reports"
	"rung/targets"
)

// killMatrix is the table of what each stage was asked to survive, one thing
// at a time. What recoveries are made of is in a figure, and every other fault
// in the part of its stage.
func (b *builder) killMatrix() *table {
	t := &table{Caption: "Kill one of each",
		Columns: columns("Stage", "What fell", "How", ">Answered while down|share of planned requests",
			">Answered over the attack|from before it fell until it was back",
			">Time to recover|from the fall to the last failure before a settled span without one; at once when only requests under way at the fall failed",
			">Writes lost|acknowledged, and not there afterwards", ">Written twice|acknowledged once, and there more than once",
			">Photos lost|taken by the queue, and never worked on", ">Photos twice|worked on more than once, and seen",
			">Logged out", "Notes")}
	for i, s := range b.run.Stages {
		head := b.stageCell(i)
		for _, k := range s.Kills {
			if !reports.OneOfEach(s.Stage, k) {
				continue
			}
			photos, again := photoAudit(k)
			t.add(head, fallen(s.Stage, k), text(manner(s.Stage, k)), text(share(k, k.AvailabilityDown)),
				text(share(k, k.Availability)), text(recovery(k)), text(lost(k)), text(doubled(k)), text(photos), text(again),
				text(reports.Count(k.LoggedOut)), killNotes(k))
			head.Text = short(s.Stage.ID) // in full once
		}
	}
	t.prune(11, 12)
	t.prune(8, 10) // photos, where no stage has a queue
	if len(t.Rows) > 0 {
		t.Note = "Time to recover runs from the fall to the last failure before a span without one" + settled(b.run) + "."
	}
	return t
}

// stageKills is every fault of one stage with the parts of its recovery.
func stageKills(s bench.StageResult) *table {
	t := &table{Caption: "Every fault of " + s.Stage.ID,
		Columns: columns("What fell", "How", ">Answered while down", ">Answered over the attack", ">Time to recover",
			">Detection|until somebody noticed", ">Decision|from then until it was settled who takes over", ">Assumed|until a replacement starts, by the stage file, where nothing noticed",
			">Promotion|from then until the chosen one was ready", ">Convergence|from then until it served a client",
			">Restart|from the fall until the replacement served",
			">Seeding|until a replacement with an empty disk had all its data", ">Writes lost",
			">Stored, unanswered|writes that are there although the client got no answer", ">Written twice", ">Photos lost",
			">Photos twice", ">Logged out", "Notes")}
	for _, k := range s.Kills {
		photos, again := photoAudit(k)
		t.add(fallen(s.Stage, k), text(manner(s.Stage, k)), text(share(k, k.AvailabilityDown)), text(share(k, k.Availability)),
			text(recovery(k)), text(reports.DurationOf(k.Recovery.Detection)), text(reports.DurationOf(reports.Parts(k.Recovery)[1].Took)),
			text(reports.DurationOf(reports.Assumed(k.Recovery))),
			text(reports.DurationOf(k.Recovery.Promotion)), text(reports.DurationOf(k.Recovery.Convergence)),
			text(reports.DurationOf(k.Recovery.Restart)), text(reports.DurationOf(k.Recovery.Seeded)), text(lost(k)),
			text(unanswered(k)), text(doubled(k)), text(photos), text(again), text(reports.Count(k.LoggedOut)), killNotes(k))
	}
	t.prune(15, 17)
	t.prune(5, 12) // parts of a recovery that the stage does not have
	if len(t.Rows) > 0 {
		t.Note = "Detection, decision, promotion and convergence follow one another; each is – where the stage has no such part, or it was not observed."
	}
	return t
}

// fallen is the head of a row: what fell, and what that is.
func fallen(s bench.Stage, k bench.KillRow) cell {
	if slices.ContainsFunc(s.Kills, func(p bench.Kill) bool { return p.Node == "" && p.DataCenter == k.Node }) {
		return cell{Text: k.Node, Sub: "data centre, " + plural(len(k.Nodes), "node")}
	}
	out := killedCell(k)
	if node, ok := s.Topology.Node(k.Node); ok && out.Sub == "" {
		out.Sub = kindsOf(node)
	}
	return out
}

// kindsOf names what a node does, each kind once.
func kindsOf(n targets.Node) string {
	var kinds []string
	for _, r := range n.Roles {
		kind := string(r.Kind)
		if d := r.Database; d != nil && d.Replication != nil {
			if kind += ", replica"; d.Replication.Primary == r.Name {
				kind = string(r.Kind) + ", primary"
			}
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) > 4 {
		return fmt.Sprintf("%d roles", len(n.Roles))
	}
	return strings.Join(kinds, "; ")
}

// manner says how something fell.
func manner(s bench.Stage, k bench.KillRow) string {
	for _, e := range s.Experiments {
		if e.Name != k.Node || e.Kind != bench.ExperimentKill {
			continue
		}
		switch e.Method {
		case bench.MethodLinks:
			return "links cut"
		case bench.MethodPowerCut:
			return "power cut"
		}
	}
	if k.Fault.Kind == targets.FaultCut {
		return "links cut"
	}
	for _, p := range s.Kills {
		if p.Name() == k.Node && p.Replace {
			return "killed, another in its place"
		}
	}
	return "killed"
}

// doubled counts the writes that are there more than once.
func doubled(k bench.KillRow) string {
	if !k.Ledger.Checked {
		return ""
	}
	return reports.Count(k.Ledger.Duplicated)
}

// photoAudit says how many photos were lost, of how many, and worked on twice.
func photoAudit(k bench.KillRow) (lost, twice string) {
	switch {
	case k.Photos == nil:
		return "", ""
	case !k.Photos.Checked:
		return "unknown", "unknown"
	}
	return reports.Count(k.Photos.Lost) + " of " + reports.Count(k.Photos.Acknowledged), reports.Count(k.Photos.Duplicated)
}
