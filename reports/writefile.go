package reports

import "fmt"

// WriteFile puts a whole file in place, or leaves an earlier one as it is.
func WriteFile(path string, data []byte) error {
	if err := writeAtomic(path, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
