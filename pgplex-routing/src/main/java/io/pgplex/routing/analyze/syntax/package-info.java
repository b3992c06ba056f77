/**
 * The syntax of statements that touch rows, as far as routing needs it, over the scanner's tokens. Every node knows its
 * first and last token, so text can be spliced at any of them; what the parser does not know it refuses to guess.
 */
@NullMarked
package io.pgplex.routing.analyze.syntax;

import org.jspecify.annotations.NullMarked;
