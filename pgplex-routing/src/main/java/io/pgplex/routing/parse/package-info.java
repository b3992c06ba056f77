/**
 * Statements to JSqlParser's syntax trees, parsed from a copy of the text that cannot be misread, with positions that are
 * those of the original text. Literals' values and names are read from the scanner's tokens there, never from the tree.
 */
@NullMarked
package io.pgplex.routing.parse;

import org.jspecify.annotations.NullMarked;
