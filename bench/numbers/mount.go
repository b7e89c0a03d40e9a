package numbers

import (
	"strings"
)

// mountOf finds the mount of a folder in the text of /proc/self/mountinfo:
// the longest mount point that the folder lies under, and of equal ones the
// last, which hides the others.
func mountOf(text, folder string) mount {
	var found mount
	for line := range strings.Lines(text) {
		m, ok := parseMount(line)
		if ok && under(folder, m.point) && len(m.point) >= len(found.point) {
			found = m
		}
	}
	return found
}

// parseMount reads one line: "36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/sda rw".
func parseMount(line string) (mount, bool) {
	before, after, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if !ok || len(left) < 6 || len(right) < 3 {
		return mount{}, false
	}
	return mount{device: left[2], point: unescape.Replace(left[4]), kind: right[0], source: unescape.Replace(right[1]), options: left[5]}, true
}

// unescape reads the octal forms that the kernel writes.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

func under(folder, point string) bool {
	return point == "/" || folder == point || strings.HasPrefix(folder, point+"/")
}

// filesystems are the magic numbers of statfs(2), from linux/magic.h and the
// filesystems' own headers.
var filesystems = map[uint32]string{
	0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x2FC12FC1: "zfs", 0xF2F52010: "f2fs", 0xCA451A4E: "bcachefs",
	0x01021994: "tmpfs", 0x858458F6: "ramfs", 0x794C7630: "overlay",
	0x6969: "nfs", 0xFF534D42: "cifs", 0xFE534D42: "smb2", 0x01021997: "9p", 0x65735546: "fuse", 0x00C36400: "ceph",
}

// The filesystems that are not a disk of this machine.
var (
	memoryFilesystems  = []string{"tmpfs", "ramfs"}
	networkFilesystems = []string{"nfs", "cifs", "smb2", "9p", "ceph"}
)
