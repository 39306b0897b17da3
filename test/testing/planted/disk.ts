/** Faulty file stores: what they do wrong shows only where a disk does, too. */
import { bug, type PlantedBug } from './bug.js'

export const DISK_BUGS: readonly PlantedBug[] = [
  bug(
    'an append is acknowledged before it is synced',
    'stores/file/journal.ts',
    '      await growing.file.syncContent()\n      growing.synced = size\n',
    '',
  ),
  bug(
    'an append is acknowledged although the disk is full',
    'stores/file/journal.ts',
    'Buffer.concat(frames), growing.size)',
    'Buffer.concat(frames), growing.size).catch(() => undefined)',
  ),
  bug(
    'a short write is taken for a whole one',
    'stores/file/disk.ts',
    'done += written',
    'done += Math.max(written, bytes.length)',
  ),
  bug(
    'a failed sync is not told',
    'stores/file/journal.ts',
    '      await growing.file.syncContent()\n',
    '      await growing.file.syncContent().catch(() => undefined)\n',
  ),
  bug('the name of a segment is not synced', 'stores/file/disk.ts', '  await disk.syncFolder(folder)\n', ''),
  bug('what is found is built upon before it is synced', 'stores/file/recover.ts', '    await file.sync()\n', ''),
  bug(
    'the checksum of a text is not looked at',
    'stores/file/frame.ts',
    'return crc32c(bytes, start, start + header.length) === header.textChecksum',
    'return bytes.length >= start + header.length',
  ),
  bug(
    'the checksum of a header is not looked at',
    'stores/file/frame.ts',
    'if (bytes.readUInt32LE(at + 28) !== crc32c(bytes, at, at + 28)) return null',
    '',
  ),
  {
    name: 'what is damaged in the middle is cut off like a torn end',
    edits: [
      {
        file: 'stores/file/tail.ts',
        find: "if (await isProvenDurable(file, offset, end)) return 'damaged'",
        replace: '',
      },
      {
        file: 'stores/file/tail.ts',
        find: "(await isCutOff(file, offset, end)) ? 'torn' : 'damaged'",
        replace: "'torn'",
      },
    ],
  },
  bug(
    'a torn end is not told from damage',
    'stores/file/tail.ts',
    "(await isCutOff(file, offset, end)) ? 'torn' : 'damaged'",
    "'damaged'",
  ),
  bug(
    'a header of which one sector is missing is taken for damage',
    'stores/file/tail.ts',
    'if ((await zerosEnd(file, start, stop)) === stop) return true',
    '',
  ),
]
