package run

import "rung/bench"

// figures draws the figures that a stage makes of its facts.
func (s *session) figures() {
	for _, p := range s.stage.Figures {
		figure := p.Figure
		figure.Series = nil
		for i, series := range p.Figure.Series {
			if i < len(p.Points) {
				series.Points = s.points(p.Points[i])
			}
			figure.Series = append(figure.Series, series)
		}
		s.result.Figures = append(s.result.Figures, figure)
	}
}

// points looks facts up. One that is not known, or doubtful, is a gap.
func (s *session) points(wanted []bench.FactPoint) []bench.FigurePoint {
	var out []bench.FigurePoint
	for _, w := range wanted {
		p := bench.FigurePoint{X: w.X}
		if f, ok := s.facts[w.Fact]; ok && f.Doubt == "" {
			value := f.Value
			p.Y = &value
		}
		out = append(out, p)
	}
	return out
}
