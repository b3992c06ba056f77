package io.pgplex.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where an etcd comes from; found once per JVM, so that a machine without any is asked only once. */
final class EtcdLauncher {
    static final String PROPERTY = "pgplex.testkit.etcd";
    static final String VARIABLE = "PGPLEX_ETCD";

    /** What was found: a way to start an etcd, or the reasons why there is none. */
    private record Source(@Nullable IntFunction<List<EtcdServer>> launcher, List<String> reasons) {}

    private static final class Holder {
        static final Source SOURCE = find();
    }

    private EtcdLauncher() {}

    static List<EtcdServer> launch(int members) {
        Source source = Holder.SOURCE;
        if (source.launcher() == null) {
            throw new EtcdUnavailableException("no etcd can be had\n  Detail: " + String.join("; ", source.reasons())
                    + ".\n  Hint: install etcd, or name its program in the environment variable " + VARIABLE + ".");
        }
        return source.launcher().apply(members);
    }

    /** The steps in their order: what costs least and was meant most comes first. */
    private static Source find() {
        List<String> reasons = new ArrayList<>();
        Path named = named(reasons);
        if (named != null) {
            return source(named);
        }
        if (!reasons.isEmpty()) {
            // a path that was named and is wrong is a mistake to report, not to paper over
            return new Source(null, reasons);
        }
        Path installed = onPath(reasons);
        if (installed != null) {
            return source(installed);
        }
        if (Docker.isAvailable(reasons)) {
            return new Source(EtcdLauncher::inDocker, reasons);
        }
        Path packaged = DebianEtcd.binary(reasons);
        return packaged != null ? source(packaged) : new Source(null, reasons);
    }

    private static Source source(Path binary) {
        return new Source(members -> EtcdProcess.launch(binary, members), List.of());
    }

    private static List<EtcdServer> inDocker(int members) {
        if (members > 1) {
            throw new EtcdUnavailableException("an etcd of " + members + " members needs its program on this machine"
                    + "\n  Hint: install etcd, or name its program in the environment variable " + VARIABLE + ".");
        }
        return List.of(EtcdContainer.launch());
    }

    private static @Nullable Path named(List<String> reasons) {
        String name = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        if (name == null || name.isBlank()) {
            return null;
        }
        Path path = Path.of(name).toAbsolutePath();
        if (isProgram(path)) {
            return path;
        }
        reasons.add(path + ", which " + PROPERTY + " or " + VARIABLE + " names, is not a program");
        return null;
    }

    private static @Nullable Path onPath(List<String> reasons) {
        String path = System.getenv("PATH");
        Path found = Stream.of((path == null ? "" : path).split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, "etcd"))
                .filter(EtcdLauncher::isProgram)
                .findFirst()
                .orElse(null);
        if (found == null) {
            reasons.add("there is none on the PATH");
        }
        return found;
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
