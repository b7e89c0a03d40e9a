// Package sheet is the back-of-envelope calculator: a sheet of conventions,
// inputs, steps and checks is solved with exact fractions, with the units
// checked in every step, and with its ranges carried through.
//
// Units. The base dimensions are time (s), bytes (B) and money ($). Every
// other word is a counting dimension of its own (users, tweets, servers), so
// that users are not added to tweets and a lost "bytes per tweet" is noticed.
// Days, months and years have one length each, by the sheet's conventions.
//
// Ranges. An input is a point or a range. The low and the high of a step are
// its least and greatest value over all inputs within their ranges: exact
// where the step only rises or only falls with each input, otherwise outer
// bounds beside what corners and seeded samples met (Quantity.Sampled). They are worst cases, not likely ones: that all inputs
// are at their bad end at once is rare.
//
// Numbers are fractions and exact, but for log, nines and a sqrt that has no
// exact root (right to 15 digits or more), and fractions of over 2,048 bits,
// which are rounded to 1,024.
//
// The package knows nothing of files; its errors name the part of the sheet.
// Everything in it is free of side effects and safe for concurrent use.
package sheet
