package theory

import "math"

// positive is whether a symmetric matrix is positive definite, by its leading
// minors.
func positive(a [parameters][parameters]float64) bool {
	two := a[0][0]*a[1][1] - a[0][1]*a[1][0]
	three := a[0][0]*(a[1][1]*a[2][2]-a[1][2]*a[2][1]) - a[0][1]*(a[1][0]*a[2][2]-a[1][2]*a[2][0]) + a[0][2]*(a[1][0]*a[2][1]-a[1][1]*a[2][0])
	return a[0][0] > 0 && two > 0 && three > 0
}

// solve is Gauss's elimination with the largest pivot; false for a matrix that
// is singular, or not of finite numbers.
func solve(a [parameters][parameters]float64, b [parameters]float64) (x [parameters]float64, ok bool) {
	for i := range a {
		pivot := i
		for r := i + 1; r < parameters; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[pivot][i]) {
				pivot = r
			}
		}
		a[i], a[pivot], b[i], b[pivot] = a[pivot], a[i], b[pivot], b[i]
		if !(math.Abs(a[i][i]) > 0) {
			return x, false
		}
		for r := i + 1; r < parameters; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < parameters; c++ {
				a[r][c] -= f * a[i][c]
			}
			b[r] -= f * b[i]
		}
	}
	for i := parameters - 1; i >= 0; i-- {
		x[i] = b[i]
		for c := i + 1; c < parameters; c++ {
			x[i] -= a[i][c] * x[c]
		}
		x[i] /= a[i][i]
		if math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return x, false
		}
	}
	return x, true
}
