/** The driver: what an application names in its URL or configuration. */
@NullMarked
package io.pgplex.jdbc;

import org.jspecify.annotations.NullMarked;
