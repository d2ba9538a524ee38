const FULL = ['ENOSPC', 'EDQUOT'];

/**
 * Does it again while the disk is full and room can be made. What is made may be taken by somebody else, or may have been made for
 * somebody else just now: so once more, too, when there is none to make.
 */
export async function withRoom<Result>(task: () => Promise<Result>, makeRoom: () => Promise<boolean>): Promise<Result> {
  for (let isRoomMade = true; ; ) {
    try {
      return await task();
    } catch (error) {
      if (!isRoomMade || !FULL.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      isRoomMade = await makeRoom();
    }
  }
}
