/** The management database: what it shows of the cluster and lets be changed, by SHOW, SET and RESET alone. */
@NullMarked
package io.pgplex.jdbc.admin;

import org.jspecify.annotations.NullMarked;
