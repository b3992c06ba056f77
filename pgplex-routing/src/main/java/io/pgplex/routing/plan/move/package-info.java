/**
 * Broadcast and gather: which rows travel so that a statement that no shard can answer alone can run. The way through it:
 * {@link io.pgplex.routing.plan.move.MovementPlanner} writes views out ({@link io.pgplex.routing.plan.move.OwnText}), lets
 * subqueries that scatter by themselves travel as their results ({@link io.pgplex.routing.plan.move.Subqueries}), and
 * chooses by cost ({@link io.pgplex.routing.plan.move.Sizes}) which tables stay and which travel
 * ({@link io.pgplex.routing.plan.move.TableSource}). Each choice is a {@link io.pgplex.routing.plan.move.Draft}, whose text
 * the ordinary planners plan as if what travels were replicated tables: what they prove holds.
 */
@NullMarked
package io.pgplex.routing.plan.move;

import org.jspecify.annotations.NullMarked;
