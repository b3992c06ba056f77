package io.pgplex.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** POSIX signals that the JDK has no call for, sent with the shell's own {@code kill}. */
final class Signals {
    private Signals() {}

    /** Sends a signal, named without SIG, to processes; ones that have ended meanwhile are passed over. */
    static void send(String signal, LongStream pids) {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "kill -\"$0\" \"$@\"", signal));
        pids.mapToObj(Long::toString).forEach(command::add);
        if (command.size() == 4) {
            return;
        }
        try {
            Command.run(Path.of("/"), Duration.ofSeconds(10), command);
        } catch (IOException e) {
            throw new ServerException("could not send SIG" + signal, e);
        }
    }
}
