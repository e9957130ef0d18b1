import threading

import pytest
from tests.programs import PATIENCE

from trivium.lock_file import LockFile


def test_one_holds_it(tmp_path):
    one, two = (LockFile(tmp_path / "lock") for _ in range(2))
    assert one.acquire(wait=False)
    assert not two.acquire(wait=False)
    one.release()
    assert not (tmp_path / "lock").exists()
    assert two.acquire(wait=False)
    two.release()


def test_many_threads_take_turns(tmp_path):
    inside, most = [], []

    def often():
        for _ in range(100):
            lock = LockFile(tmp_path / "lock")
            lock.acquire(wait=True)
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            lock.release()

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(most) == 400
    assert max(most) == 1


def test_no_folder_no_lock(tmp_path):
    with pytest.raises(FileNotFoundError):
        LockFile(tmp_path / "nowhere" / "lock").acquire(wait=True)
