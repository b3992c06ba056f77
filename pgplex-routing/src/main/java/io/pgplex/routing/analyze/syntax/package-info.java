/**
 * The syntax of statements that touch rows, as far as routing needs it, over the scanner's tokens. Every node knows its
 * first and last token, so text can be spliced at any of them. How a statement is built is JSqlParser's word; what is
 * written is the tokens'. Where the two do not fit each other the text counts as unknown.
 */
@NullMarked
package io.pgplex.routing.analyze.syntax;

import org.jspecify.annotations.NullMarked;
