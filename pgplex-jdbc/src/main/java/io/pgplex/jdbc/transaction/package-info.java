/** Logical transactions: participants, commit, rollback, savepoints. */
@NullMarked
package io.pgplex.jdbc.transaction;

import org.jspecify.annotations.NullMarked;
