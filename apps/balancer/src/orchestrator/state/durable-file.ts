// Owns how a state file is replaced: whole or not at all, whatever is cut off in between.
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export type WriteFile = (path: string, text: string) => Promise<void>;

/** A temp file, fsync, rename, fsync of the folder: after this the text survives a power cut. One writer per path. @throws Error of node:fs */
export const writeDurably: WriteFile = async (path, text) => {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
};

/** Makes renames and removals in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
