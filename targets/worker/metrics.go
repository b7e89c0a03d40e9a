package worker

import "rung/targets"

// Metrics returns counters, which only grow from the start of the process, and
// gauges:
//
//	jobs_total          jobs done: the photo is stored
//	failures_total      jobs not done, which go back to their queue
//	redelivered_total   jobs that a queue had delivered before, to whomever
//	duplicates_total    jobs done that this worker had done before, by its own
//	                    memory of the last 10,000 ids. What other workers did
//	                    it cannot know: count rows for that.
//	busy                jobs at work now, at most Concurrency
//	working             1, or 0 after Work(false)
//	queue_<name>_…      what the consumer of each queue counts, see jobs.Consumer
func (s *Server) Metrics() map[string]float64 {
	m := map[string]float64{
		"jobs_total":        float64(s.finished.Load()),
		"failures_total":    float64(s.failed.Load()),
		"redelivered_total": float64(s.redelivered.Load()),
		"duplicates_total":  float64(s.duplicates.Load()),
		"busy":              float64(s.busy.Load()),
		"working":           0,
	}
	if s.working.Load() {
		m["working"] = 1
	}
	for _, c := range s.config.Consumers {
		for name, value := range c.Metrics() {
			m["queue_"+c.Queue()+"_"+name] = value
		}
	}
	return m
}

// Histograms returns, of jobs done and in seconds: "job_duration_seconds", from
// the moment a job was fetched until its photo was stored, and
// "job_delay_seconds", from the moment the queue stored it until then. The
// latter needs the queue and the worker to share a wall clock.
func (s *Server) Histograms() map[string]targets.Histogram {
	return map[string]targets.Histogram{
		"job_duration_seconds": s.durations.read(),
		"job_delay_seconds":    s.delays.read(),
	}
}
