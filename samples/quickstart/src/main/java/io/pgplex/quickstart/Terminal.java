package io.pgplex.quickstart;

import java.io.Console;
import java.io.PrintStream;

/**
 * Where the story is printed.
 *
 * @param out takes the text
 * @param live whether a human looks at it while it comes: colours, and lines that are drawn over
 */
record Terminal(PrintStream out, boolean live) {
    private static final String RESET = "\u001b[0m";

    /** The program's own output. */
    @SuppressWarnings("SystemConsoleNull") // isTerminal asks what null no longer says
    static Terminal system() {
        Console console = System.console();
        boolean live = console != null && isTerminal(console) && !"dumb".equals(System.getenv("TERM"));
        return new Terminal(System.out, live);
    }

    /** From JDK 22 on there is a console without a terminal too, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    String bold(String text) {
        return styled("\u001b[1m", text);
    }

    String dim(String text) {
        return styled("\u001b[2m", text);
    }

    String good(String text) {
        return styled("\u001b[32m", text);
    }

    String bad(String text) {
        return styled("\u001b[1;31m", text);
    }

    private String styled(String style, String text) {
        return live ? style + text + RESET : text;
    }
}
