package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The number by which PostgreSQL tells one server's data from another's.
 *
 * <p>Copies of one template would all bear the same, which no real cluster does, and a check such as "is
 * this node a standby of that one" could never fail on them. It stands at the head of {@code pg_control}
 * (catalog/pg_control.h, {@code ControlFileData}), which a CRC-32C guards, and in the first page of each
 * WAL segment (access/xlog_internal.h, {@code XLogLongPageHeaderData}).
 */
final class SystemIdentifier {
    private static final int CONTROL_DATA_LIMIT = 512;
    private static final int WAL_OFFSET = 24;
    private static final SecureRandom RANDOM = new SecureRandom();

    private SystemIdentifier() {}

    /** Gives the server of a data directory, which must be shut down, a new identifier. */
    static void assignNew(Path data) {
        long identifier = RANDOM.nextLong() & Long.MAX_VALUE;
        try {
            writeControlFile(data.resolve("global/pg_control"), identifier);
            for (Path segment : segments(data.resolve("pg_wal"))) {
                writeSegment(segment, identifier);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeControlFile(Path file, long identifier) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer content = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int checksumOffset = checksumOffset(content);
        content.putLong(0, identifier);
        content.putInt(checksumOffset, checksum(content, checksumOffset));
        Files.write(file, bytes);
    }

    /** Where the check sum stands differs between versions: it is there where it is right. */
    private static int checksumOffset(ByteBuffer content) {
        for (int offset = 64; offset < CONTROL_DATA_LIMIT; offset += Integer.BYTES) {
            if (content.getInt(offset) != 0 && content.getInt(offset) == checksum(content, offset)) {
                return offset;
            }
        }
        throw new ServerException("pg_control has no check sum where it is looked for");
    }

    private static int checksum(ByteBuffer content, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(content.slice(0, length));
        return (int) checksum.getValue();
    }

    private static List<Path> segments(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9A-F]{24}"))
                    .toList();
        }
    }

    private static void writeSegment(Path segment, long identifier) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        bytes.putLong(0, identifier);
        try (var file = Files.newByteChannel(segment, StandardOpenOption.WRITE)) {
            file.position(WAL_OFFSET).write(bytes);
        }
    }
}
