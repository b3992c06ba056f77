/** Error codes, SQLStates and the only places that make exceptions. */
@NullMarked
package io.pgplex.jdbc.error;

import org.jspecify.annotations.NullMarked;
