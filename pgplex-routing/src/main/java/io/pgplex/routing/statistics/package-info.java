/** What is known of the sizes of tables, by which the planner chooses what travels. */
@NullMarked
package io.pgplex.routing.statistics;

import org.jspecify.annotations.NullMarked;
