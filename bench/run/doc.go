// Package run is where everything meets: it launches each stage, attacks it,
// breaks it, records what happened and has it judged. Its result is a
// bench.Run; it writes no report and reads no configuration.
package run
