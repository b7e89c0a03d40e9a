package bench

// Scaling is capacity against the number of equal nodes, with the Universal
// Scalability Law fitted to it: X(N) = Lambda N / (1 + Sigma (N-1) + Kappa N (N-1))
// (Gunther, Guerrilla Capacity Planning, 2007).
type Scaling struct {
	// Of names the nodes that were counted, for example "web".
	Of     string         `json:"of"`
	Points []ScalingPoint `json:"points"`
	// Fit is null when there were too few points.
	Fit *ScalingFit `json:"fit,omitempty"`
	// Why there is no fit, or what to mind about it.
	Why string `json:"why,omitempty"`
}

// ScalingPoint is the capacity of so many nodes.
type ScalingPoint struct {
	Nodes float64 `json:"nodes"`
	Rate  float64 `json:"rate_per_s"`
	// Simulated points were not measured.
	Simulated bool `json:"simulated,omitempty"`
}

// ScalingFit are the law's parameters with their standard errors. An error of
// zero means that there were no degrees of freedom to tell it.
type ScalingFit struct {
	Lambda      float64 `json:"lambda_per_s"`
	Sigma       float64 `json:"sigma"`
	Kappa       float64 `json:"kappa"`
	LambdaError float64 `json:"lambda_std_error_per_s"`
	SigmaError  float64 `json:"sigma_std_error"`
	KappaError  float64 `json:"kappa_std_error"`
	// R2 is the share of the variance that the law explains.
	R2 float64 `json:"r2_ratio"`
	// Peak is the number of nodes with the highest rate; 0 when the fitted
	// curve has no peak.
	Peak float64 `json:"peak_nodes,omitempty"`
	// Most is the largest N that was measured: beyond it the law extrapolates.
	Most float64 `json:"most_nodes"`
}

// At is the law's rate for n nodes.
func (f ScalingFit) At(n float64) float64 {
	return f.Lambda * n / (1 + f.Sigma*(n-1) + f.Kappa*n*(n-1))
}
