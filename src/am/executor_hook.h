// What pomai does when the server starts to execute a query:
//   - rows that this backend holds back are put into their indexes before a
//     parallel query, whose workers know nothing of our memory;
//   - a distance that only orders the rows is not computed a second time.
//
// The second: "ORDER BY v <-> q LIMIT 10" makes the planner add v <-> q to the
// columns of each row, for a sort to look at. Where an index gives the order
// there is no sort, nobody looks, and the column is dropped from the rows at
// the end. Vectors of more than 2 kB are out of line, so computing it means
// reading each from its TOAST table once more, a sixth of a query's time.
#pragma once

namespace pomai::am {

// Called once, when the library is loaded.
void WatchExecutor();

}  // namespace pomai::am
