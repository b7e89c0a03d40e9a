// Package scale decides how many servers a tier should run, and brings that
// about: the autoscaler of the platform, by the rule of the Kubernetes
// horizontal pod autoscaler.
package scale
