/**
 * SQL text to tokens and statements, exactly by PostgreSQL's lexical rules (src/backend/parser/scan.l, PostgreSQL 18).
 *
 * <p>The scanner reads text as a server with {@code standard_conforming_strings = on} and encoding UTF-8 reads it; pgplex
 * connects in no other way.
 */
@NullMarked
package io.pgplex.routing.scan;

import org.jspecify.annotations.NullMarked;
