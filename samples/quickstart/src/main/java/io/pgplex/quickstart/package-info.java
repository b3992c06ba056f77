/** An order-entry database on three shards, compared answer by answer with one PostgreSQL. */
@NullMarked
package io.pgplex.quickstart;

import org.jspecify.annotations.NullMarked;
