package io.pgplex.routing.analyze.syntax;

/**
 * A type as the text names it.
 *
 * @param name as {@code format_type} prints it, without modifier and array marks
 * @param modified whether it has a modifier such as a length
 * @param array whether it is an array of that type
 * @param written its own last word, which names a cast's output column
 */
public record TypeName(String name, boolean modified, boolean array, String written) {}
