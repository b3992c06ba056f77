/** Every statement that pgplex itself sends to a server, and the schema that it keeps there. */
@NullMarked
package io.pgplex.jdbc.sql;

import org.jspecify.annotations.NullMarked;
