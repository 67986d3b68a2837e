# Applies assigned-access.xml to this machine. Run as SYSTEM: psexec -i -s powershell.exe -File assigned-access.ps1
# Taking it back: the same with -Remove.
param([switch]$Remove)
$ErrorActionPreference = "Stop"
$place = "root\cimv2\mdm\dmmap"
$access = Get-CimInstance -Namespace $place -ClassName "MDM_AssignedAccess"
if ($Remove) {
    $access.Configuration = $null
} else {
    $xml = Get-Content -Raw -Encoding UTF8 (Join-Path $PSScriptRoot "assigned-access.xml")
    $access.Configuration = [System.Net.WebUtility]::HtmlEncode($xml)
}
Set-CimInstance -CimInstance $access
Write-Host "Done. It counts from the next start of Windows on."
