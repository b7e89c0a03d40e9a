// Package web serves the application of every stage over HTTP: a small social
// shop in front of a store, on an emulated machine.
//
//	GET  /users/{id}                one row by key
//	PUT  /users/{id}                {"city"}: that row changed, durably
//	GET  /users/{id}/following      {"following":[{"id","name","city"}]}: whom a
//	                                user follows, at most 1000 of them
//	GET  /customers/{id}/orders     a customer's orders
//	GET  /assets/{name}[?v=N]       a static file, of version N or the current
//	                                one; ranges and ETags work
//	GET  /assets                    what files there are, and their version
//	POST /posts                     {"id","user","text"}: one durable insert
//	GET  /posts?cursor=&limit=      {"ids","next"}: the stored ids, for audits
//	POST /login                     {"user"}: starts a session, sets a cookie
//	GET  /me                        who the session belongs to
//	POST /photos                    {"id","user"}: a slow job, then one insert;
//	                                with a queue, 202 {"id","status":"queued"}
//	                                as soon as that has the job
//	GET  /photos?cursor=&limit=     {"ids","next"}: as of posts
//	GET  /healthz                   200, or 503 while draining
//
// Every operation is charged its emulated CPU time once, before the store is
// asked. Requests that are wrong in form, audits and health checks are not
// operations and cost no emulated time.
//
// Bodies are JSON, of errors too: {"error","field","allowed"}. Statuses:
//
//	400 the request is wrong: "field" is what, "allowed" what would be right
//	401 no valid session
//	404 no such path, row or file, or a store without follows
//	405 with Allow: no such method
//	413 the body is over 64 KiB
//	499 the client went away (never seen by one; nginx's number for it)
//	502 the store failed
//	503 a queue is full, here or in the store, or the session store or the
//	    queue that takes photos failed: Retry-After is set
//	504 the store or the queue did not answer in time
//
// Static files also answer 206, 304, 412 and 416, as RFC 9110 says.
//
// Every response names its server in X-Served-By and says in Server-Timing
// where its time went: see Timing. X-Request-Id names the request: by what the
// client sent in that header, or by its trace id. The trace that a request
// comes with (see package trace), or a new one, goes on to the stores and the
// queue.
package web
