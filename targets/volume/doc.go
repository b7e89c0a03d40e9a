// Package volume is a shared file system: small files over HTTP, a subset of
// WebDAV, and a client that keeps values in them.
//
//	PUT    /name   201 created, 204 replaced: durable when answered
//	GET    /name   200 with the content (HEAD too), 404
//	DELETE /name   204, 404
//
// A name is 1 to 128 of a-z 0-9 _ -, under at most two directories of such
// names, which come with their first file and go with their last. A file has
// up to 64 KiB. With the header Expires-At, in Unix milliseconds, it ends then:
// it is no longer found, and later PUTs take it away. A name cannot be a
// file's and a directory's at once: 409, also while the files that are left in
// the directory have ended but are not taken away yet.
//
// Other answers: 400 no such name is possible, or a header is wrong; 405; 413
// the content is too large; 500 the disk failed (a write may be done all the
// same), or the file is damaged; 503 a queue is full or there are too many
// clients (Retry-After is set); 507 the volume is full: there are 100,000 files
// and none has ended.
//
// Real: the protocol, the files, their durability. A PUT writes a temporary
// file, calls fsync, renames it and calls fsync on the directory, and then
// answers; with fsync off it leaves both calls out and survives the end of the
// process, but no power cut. Readers see the old content or the new one, whole.
// Emulated: the CPU time of each request, and one disk access for each write
// and each read of a file that is not in the pool. What is not found costs
// CPU time only, what is wrong in form costs nothing. Every answer says in
// Server-Timing what that took: vol-queue, vol-work, and vol-miss, whose desc
// is the number of files that were read from disk.
//
// One server at a time may use a directory.
package volume
