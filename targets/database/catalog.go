package database

// catalog holds the types of all columns by table and column name, in lower case.
// It is not changed after it is made.
type catalog map[string]map[string]uint32

// column returns the type of a column that one of the tables has, 0 when none
// has it or two disagree. Qualifier is an alias or "".
func (c catalog) column(tables []source, qualifier, name string) uint32 {
	var oid uint32
	for _, s := range tables {
		if qualifier != "" && qualifier != s.alias && qualifier != s.table {
			continue
		}
		of, ok := c[s.table][name]
		if !ok {
			continue
		}
		if oid != 0 && oid != of {
			return 0
		}
		oid = of
	}
	return oid
}
