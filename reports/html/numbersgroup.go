package html

import "strings"

// numberGroup is a part of the ladder of latency numbers.
type numberGroup struct {
	ID, Title string
	// ids are those of its rows, or how they begin where "*" stands at the end.
	ids []string
}

// numberGroups are the parts in the order of a reader, from near to far. A row
// has no group of its own in a set: it is known by its id, of which the longest
// match counts. What no group knows stands in the last.
func numberGroups() []numberGroup {
	return []numberGroup{
		{ID: "cpu", Title: "CPU and memory", ids: []string{"l1_*", "l2_*", "l3_*", "instr", "branch_*", "mem_*", "numa_*"}},
		{ID: "software", Title: "Software on one machine", ids: []string{"mutex_*", "syscall", "clock_*", "ctx_switch", "goroutine_*", "hash_*",
			"compress_*", "decompress_*", "serialize_*", "deserialize_*", "ser_*", "deser_*", "sort_*", "sqlite_read"}},
		{ID: "disk", Title: "Disk", ids: []string{"disk_*", "ssd_*", "hdd_*", "page_cache_*", "sqlite_commit", "append_*", "fsync*"}},
		{ID: "network", Title: "Network and services, up to one region", ids: []string{"dc_rtt", "net_*", "tcp_*", "http_*", "loopback_*", "proxy_*",
			"db_*", "blob_*", "ibm_*", "azure_small_*", "aws_in_region", "aws_inter_az"}},
		{ID: "wide", Title: "Wide area", ids: []string{"wan_*", "na_*", "eu_*", "sf_*", "az_*", "aws_*", "net_regions_*", "net_region_*", "azure_small_uk_*"}},
		{ID: "other", Title: "Others"},
	}
}

// groupOf is the place of a row's group in groups.
func groupOf(groups []numberGroup, id string) int {
	best, longest := len(groups)-1, -1
	for i, g := range groups {
		for _, pattern := range g.ids {
			head, open := strings.CutSuffix(pattern, "*")
			if fits := open && strings.HasPrefix(id, head) || id == pattern; fits && len(pattern) > longest {
				best, longest = i, len(pattern)
			}
		}
	}
	return best
}
