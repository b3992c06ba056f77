/** What a statement is, told from its tokens alone: queries, transaction control, settings, definitions, commands. */
@NullMarked
package io.pgplex.routing.command;

import org.jspecify.annotations.NullMarked;
