# Keeps a booth running: starts the program again whenever it ends, until staff close it (exit code 10).
param([string]$Program = "C:\Program Files\Xuda\xuda.exe")
$env:XUDA_SUPERVISED = "1"
$pause = 1
while ($true) {
    $started = Get-Date
    $process = Start-Process -FilePath $Program -ArgumentList "client", "--kiosk" -PassThru -Wait
    if ($process.ExitCode -eq 10) { exit 10 }
    if (((Get-Date) - $started).TotalSeconds -ge 30) { $pause = 1 }
    Start-Sleep -Seconds $pause
    $pause = [Math]::Min(30, $pause * 2)
}
