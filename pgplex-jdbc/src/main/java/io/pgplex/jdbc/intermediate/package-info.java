/** Rows that travel: their shape, where they stay, and how later texts find them. */
@NullMarked
package io.pgplex.jdbc.intermediate;

import org.jspecify.annotations.NullMarked;
