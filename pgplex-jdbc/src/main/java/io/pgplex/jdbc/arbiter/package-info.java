/** Recovery without an operator: which clients live, and the one of each role that settles what the others leave behind. */
@NullMarked
package io.pgplex.jdbc.arbiter;

import org.jspecify.annotations.NullMarked;
